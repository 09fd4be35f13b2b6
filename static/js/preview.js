// Shows the picture that was chosen, before it is sent. htmx may bring the form anew at any time.

document.addEventListener("change", ({ target }) => {
  const shown = target.closest("[data-preview]")?.querySelector("img");
  const file = target.files?.[0];
  if (!shown || !file?.type.startsWith("image/")) return;
  const kept = shown.src;
  const address = URL.createObjectURL(file);
  const done = () => URL.revokeObjectURL(address);
  shown.addEventListener("load", done, { once: true });
  // Not every browser can show HEIC; the shop can.
  shown.addEventListener("error", () => { done(); shown.src = kept; }, { once: true });
  shown.classList.add("photo");
  shown.src = address;
});
