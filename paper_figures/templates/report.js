"use strict";
// Filters and opens; all text stands in the page already, and is only read here.
(() => {
  // A link into something closed opens it.
  const openTarget = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", openTarget);
  // The same link twice changes no hash.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.hash === location.hash) openTarget();
  });
  openTarget();

  const form = document.getElementById("filter");
  if (!form) return;
  const transcripts = [...document.querySelectorAll("details.transcript")];
  const texts = new Map();
  const text = (one) => {
    if (!texts.has(one)) texts.set(one, one.textContent.replace(/\s+/g, " ").toLowerCase());
    return texts.get(one);
  };
  const { snapshot, flag, arm, text: search } = form.elements;
  const apply = () => {
    const words = search.value.trim().replace(/\s+/g, " ").toLowerCase();
    let shown = 0;
    for (const one of transcripts) {
      const { snapshot: who, flags, arm: where } = one.dataset;
      one.hidden =
        (snapshot.value !== "" && who !== snapshot.value) ||
        (flag.value !== "" && !flags.split("|").includes(flag.value)) ||
        (arm.value !== "" && where !== arm.value) ||
        (words !== "" && !text(one).includes(words));
      if (!one.hidden) shown += 1;
    }
    form.querySelector("output").value = `${shown} of ${transcripts.length} transcripts`;
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const button of form.querySelectorAll("button")) {
    button.addEventListener("click", () => {
      for (const one of transcripts) if (!one.hidden) one.open = button.dataset.open === "true";
    });
  }
  form.hidden = false;
  apply();
})();
