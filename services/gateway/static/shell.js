// What every page does: the theme without a reload, the way to the search by one key, views saved as they are now.

const THEMES = ["system", "light", "dark"];
const form = /** @type {HTMLFormElement|null} */ (document.getElementById("theme"));

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  const theme = button.value;
  document.documentElement.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  button.value = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  const aside = button.querySelector(".aside");
  if (aside) aside.textContent = `: ${button.dataset[theme]}`;
});
document.documentElement.classList.add("scripted");

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = /** @type {HTMLElement} */ (event.target);
  if (at.closest("input, textarea, select, [contenteditable]")) return;
  const field = /** @type {HTMLInputElement|null} */ (document.querySelector("#search input"));
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
});

document.getElementById("save-view")?.addEventListener("submit", (event) => {
  // Filters that a script applied stand in the address, not in the form.
  const query = /** @type {HTMLInputElement} */ (/** @type {HTMLElement} */ (event.target).querySelector("[name=query]"));
  query.value = location.search.slice(1);
});
