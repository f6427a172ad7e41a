// Before the first paint: the colours and the language that were chosen here, so that nothing flashes.
// A file of its own, because the page's security policy allows no inline script.
(() => {
  let theme = null;
  let language = null;
  try {
    theme = localStorage.getItem("rempart.theme");
    language = localStorage.getItem("rempart.language");
  } catch {
    // Storage may be forbidden: the browser's own wishes hold.
  }
  const dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
  if (language === "fr" || language === "en") document.documentElement.lang = language;
})();
