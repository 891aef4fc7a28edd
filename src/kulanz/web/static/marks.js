// Lists with marks, selects that submit themselves. Every page works without it as well.
"use strict";

const money = new Intl.NumberFormat("de-DE", { style: "currency", currency: "EUR" });

function showMarks(form) {
  const marked = [...form.querySelectorAll("input[name=marke]:checked")];
  const cents = marked.reduce((sum, box) => sum + Number(box.dataset.cents || 0), 0);
  for (const button of form.querySelectorAll("[data-marked-button]")) {
    const { one, two, many } = button.dataset;
    button.hidden = marked.length === 0;
    button.textContent = marked.length === 1 ? one : marked.length === 2 ? two : many.replace("%n", marked.length);
  }
  for (const hint of form.querySelectorAll("[data-unmarked]")) hint.hidden = marked.length > 0;
  for (const text of form.querySelectorAll("[data-marked]")) {
    text.hidden = marked.length === 0;
    const chosen = document.documentElement.lang === "en" ? "chosen" : "gewählt";
    text.textContent = `${marked.length} ${chosen}` + (cents ? `, ${money.format(cents / 100)}` : "");
  }
}

for (const form of document.querySelectorAll("[data-marks]")) {
  showMarks(form);
  form.addEventListener("change", () => showMarks(form));
}
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});
