// Files that are handed in: looked at first, sent with progress, and then the page that answers. Without script the same
// form sends the same file.
//
// An answer that leads nowhere else says what came of it: why it was refused, or, in the parts that bear `data-answer`,
// what is to be filled in beside the file, which stays chosen.

for (const form of document.querySelectorAll("form[data-upload]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(/** @type {HTMLFormElement} */ (form), /** @type {SubmitEvent} */ (event).submitter);
  });
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} sender */
function send(form, sender) {
  const input = /** @type {HTMLInputElement} */ (form.querySelector("input[type=file]"));
  const progress = /** @type {HTMLProgressElement} */ (form.querySelector("progress"));
  const says = /** @type {HTMLElement} */ (form.querySelector("[role=status]"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  const file = input.files?.[0];
  const kinds = (form.dataset.kinds ?? "").split(" ");
  const fields = new FormData(form, sender);
  says.textContent = "";
  if (!file) return;
  if (file.size > Number(form.dataset.most)) {
    says.textContent = form.dataset.tooLarge ?? "";
    return;
  }
  if (!kinds.includes(file.name.toLowerCase().split(".").pop() ?? "")) {
    says.textContent = form.dataset.otherKind ?? "";
    return;
  }
  const sending = new XMLHttpRequest();
  const ended = () => {
    progress.hidden = true;
    button.disabled = false;
  };
  sending.upload.addEventListener("progress", (at) => {
    if (at.lengthComputable) progress.value = (100 * at.loaded) / at.total;
  });
  sending.addEventListener("load", () => {
    ended();
    if (sending.responseURL !== form.action) location.assign(sending.responseURL);
    else if (sending.status < 400) show(form, sending.responseText);
    else says.textContent = wrong(sending.responseText) || (form.dataset.failed ?? "");
  });
  sending.addEventListener("error", () => {
    ended();
    says.textContent = form.dataset.failed ?? "";
  });
  progress.hidden = false;
  progress.value = 0;
  button.disabled = true;
  sending.open("POST", form.action);
  sending.setRequestHeader("accept", "text/html");
  sending.send(fields);
}

/** @param {string} html */
const read = (html) => new DOMParser().parseFromString(html, "text/html");

/** @param {string} html */
const wrong = (html) => read(html).querySelector("[role=alert]")?.textContent?.trim() ?? "";

/** @param {HTMLFormElement} form @param {string} html */
function show(form, html) {
  const answer = read(html);
  for (const part of form.querySelectorAll("[data-answer][id]")) {
    const other = answer.getElementById(part.id);
    if (other) part.replaceWith(document.adoptNode(other));
  }
}
