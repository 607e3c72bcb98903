// Loaded before the page is drawn, so that a dark screen never flashes white.
(function () {
  "use strict";
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function chosen() {
    try { return localStorage.getItem("theme") || "auto"; } catch (e) { return "auto"; }
  }
  function apply() {
    var theme = chosen();
    root.setAttribute("data-bs-theme", theme === "auto" ? (dark.matches ? "dark" : "light") : theme);
  }
  root.classList.add("js");
  apply();
  dark.addEventListener("change", apply);
  window.erpTheme = {
    get: chosen,
    set: function (theme) {
      try { localStorage.setItem("theme", theme); } catch (e) { /* kept for this page only */ }
      apply();
    },
  };
})();
