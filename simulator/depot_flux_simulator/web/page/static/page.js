// What the page does beyond links and forms, which work without it.
"use strict";

const SHORTEST = 2000; // between two looks, milliseconds
const SHARE = 50; // a look that took long waits so many times as long

const secret = () => document.querySelector('meta[name="jeton"]').content;

// Live: asks what has changed while somebody looks, and never more than a fiftieth of the time.
let asked = 0;
let pause = SHORTEST;
function look() {
  const live = document.querySelector("[data-live]");
  const busy = live && (live.contains(document.activeElement) && document.activeElement.matches("details, summary, pre"));
  if (live && !document.hidden && !busy) {
    asked = performance.now();
    htmx.trigger(live, "renew");
  }
  setTimeout(look, pause);
}
document.addEventListener("htmx:finally:request", () => {
  if (asked) pause = Math.max(SHORTEST, SHARE * (performance.now() - asked));
  asked = 0;
});
document.addEventListener("htmx:config:request", (event) => {
  event.detail.ctx.request.headers["X-Jeton"] = secret();
});
setTimeout(look, SHORTEST);

// The clock runs on between two pages, as fast as it does over there.
const loaded = performance.now();
const two = (number) => String(number).padStart(2, "0");
function tick() {
  for (const shown of document.querySelectorAll("[data-clock]")) {
    const moment = new Date(Number(shown.dataset.clock) + (performance.now() - loaded) * Number(shown.dataset.factor));
    const time = shown.querySelector("time");
    if (!time || Number.isNaN(moment.getTime())) continue;
    time.dateTime = moment.toISOString();
    time.textContent = `${two(moment.getUTCDate())}/${two(moment.getUTCMonth() + 1)}/${moment.getUTCFullYear()} ${two(moment.getUTCHours())}:${two(moment.getUTCMinutes())}:${two(moment.getUTCSeconds())}`;
  }
}
setInterval(tick, 1000);

// Copying
function offerCopies(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("button.copy[hidden]")) button.hidden = false;
}
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.previousElementSibling.textContent);
    const before = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = before; }, 1500);
  } catch {
    button.hidden = true; // it may not: the text can still be selected
  }
});
document.addEventListener("htmx:after:swap", () => offerCopies(document));
offerCopies(document);

// Deposit: files and folders dropped, the code guessed, the upload as it goes.
function upload(form) {
  const input = form.querySelector('input[type="file"]');
  const chosen = form.querySelector("[data-chosen]");
  const told = form.querySelector("[data-told]");
  const why = told.textContent;

  async function show() {
    const files = [...input.files];
    chosen.replaceChildren(...files.slice(0, 20).map((file) => {
      const item = document.createElement("li");
      const name = document.createElement("bdi");
      name.textContent = file.name;
      item.append(name);
      return item;
    }));
    if (files.length > 1) {
      const item = document.createElement("li");
      item.textContent = `${files.length} ${form.dataset.many}`;
      chosen.append(item);
    }
    told.textContent = why;
    if (!files.length) return;
    const data = new FormData();
    data.append("nom", files[0].name);
    data.append("debut", files[0].slice(0, 65536), "debut");
    const answer = await fetch(form.dataset.guess, { method: "POST", body: data, headers: { "X-Jeton": secret() } }).catch(() => null);
    if (!answer || !answer.ok) return;
    const code = await answer.text();
    told.textContent = code ? `${form.dataset.guessed} ${code}` : form.dataset.unknown;
  }

  function take(files) {
    const all = new DataTransfer();
    for (const file of files) if (!file.name.startsWith(".")) all.items.add(file);
    input.files = all.files;
    show();
  }

  async function inside(entry) {
    if (entry.isFile) return [await new Promise((done, failed) => entry.file(done, failed))];
    const reader = entry.createReader();
    const found = [];
    for (;;) {
      const some = await new Promise((done, failed) => reader.readEntries(done, failed));
      if (!some.length) break;
      for (const each of some) found.push(...await inside(each));
    }
    return found;
  }

  input.addEventListener("change", show);
  if (input.files.length) show(); // chosen before this ran, or kept by the browser
  const zone = form.querySelector("[data-drop]");
  zone.querySelector(".js").hidden = false;
  zone.querySelector("[data-folder]").addEventListener("click", () => {
    const folder = document.createElement("input");
    folder.type = "file";
    folder.webkitdirectory = true;
    folder.addEventListener("change", () => take([...folder.files]));
    folder.click();
  });
  for (const name of ["dragover", "dragenter"]) zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry()).filter(Boolean);
    const files = [];
    for (const entry of entries) files.push(...await inside(entry));
    take(files.length ? files : [...event.dataTransfer.files]);
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const bar = form.querySelector("[data-progress]");
    const progress = bar.querySelector("progress");
    const data = new FormData(form, event.submitter);
    const sending = new XMLHttpRequest();
    const address = form.getAttribute("action"); // its button of that name hides the property
    const buttons = form.querySelectorAll("button");
    const end = (text) => {
      bar.hidden = true;
      for (const each of buttons) each.disabled = false;
      told.textContent = text;
    };
    bar.hidden = false;
    for (const each of buttons) each.disabled = true;
    sending.upload.addEventListener("progress", (step) => {
      if (step.lengthComputable) progress.value = (100 * step.loaded) / step.total;
    });
    sending.upload.addEventListener("load", () => progress.removeAttribute("value"));
    sending.addEventListener("error", () => end(form.dataset.lost));
    sending.addEventListener("load", () => {
      const page = new DOMParser().parseFromString(sending.responseText, "text/html");
      const main = page.querySelector("main");
      if (!main) { end(form.dataset.lost); return; }
      if (new URL(sending.responseURL).pathname !== address) {
        location.assign(sending.responseURL);
        return;
      }
      document.querySelector("main").replaceWith(main);
      document.title = page.title;
      begin();
      main.focus();
      scrollTo(0, 0);
    });
    sending.open("POST", address);
    sending.setRequestHeader("X-Jeton", secret());
    sending.send(data);
  });
}
function begin() {
  offerCopies(document);
  for (const form of document.querySelectorAll("form[data-upload]")) upload(form);
}
begin();
