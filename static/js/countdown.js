// Counts down to the moments that ui.until writes. The server says how many seconds there are, so
// a wrong clock does no harm. When they have passed, "over" asks the page to look again.
const started = new WeakMap();

function startOf(place, seconds) {
  const known = started.get(place);
  if (known?.seconds === seconds) return known;
  const start = { seconds, at: Date.now(), isOver: seconds === 0 };
  started.set(place, start);
  return start;
}

function clockOf(seconds) {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

function tick() {
  for (const place of document.querySelectorAll("[data-seconds]")) {
    const start = startOf(place, Number(place.dataset.seconds));
    const left = Math.max(0, start.seconds - Math.floor((Date.now() - start.at) / 1000));
    place.querySelector("b").textContent = clockOf(left);
    place.hidden = false;
    if (left === 0 && !start.isOver) {
      start.isOver = true;
      place.dispatchEvent(new CustomEvent("over", { bubbles: true }));
    }
  }
}

tick();
setInterval(tick, 1000);
