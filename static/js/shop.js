// What HTML and htmx cannot do: a toast leaves by itself after a while.
const toasts = document.getElementById("toasts");

function leaveLater(toast) {
  const hasButton = toast.querySelector("button");
  setTimeout(() => toast.remove(), hasButton ? 8000 : 5000);
}

toasts.querySelectorAll(".toast").forEach(leaveLater);
new MutationObserver((changes) => {
  for (const change of changes) {
    change.addedNodes.forEach((node) => {
      if (node instanceof HTMLElement && node.matches(".toast")) leaveLater(node);
    });
  }
}).observe(toasts, { childList: true });
