// Files that are handed in: looked at first, sent with progress, and then the page that answers. Without script the same
// form sends the same file.

for (const form of document.querySelectorAll("form[data-upload]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(/** @type {HTMLFormElement} */ (form));
  });
}

/** @param {HTMLFormElement} form */
function send(form) {
  const input = /** @type {HTMLInputElement} */ (form.querySelector("input[type=file]"));
  const progress = /** @type {HTMLProgressElement} */ (form.querySelector("progress"));
  const says = /** @type {HTMLElement} */ (form.querySelector("[role=status]"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  const file = input.files?.[0];
  const kinds = (form.dataset.kinds ?? "").split(" ");
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
    if (sending.status < 400) location.assign(sending.responseURL);
    else says.textContent = form.dataset.failed ?? "";
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
  sending.send(new FormData(form));
}
