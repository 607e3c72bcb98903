(function () {
  "use strict";
  function mark() {
    document.querySelectorAll("[data-theme-value]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.themeValue === window.erpTheme.get()));
    });
  }
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-theme-value]");
    if (button) {
      window.erpTheme.set(button.dataset.themeValue);
      mark();
    }
  });
  // A choice in a list (filters, the organization switcher) takes effect at once; without JavaScript a button does it.
  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-submit-on-change]")) {
      event.target.form.submit();
    }
  });
  // One box ticks all boxes of a page; the count of ticked ones is said beside it.
  function count(name) {
    var place = document.querySelector('[data-ticked="' + name + '"]');
    if (place) {
      var ticked = document.querySelectorAll('input[name="' + name + '"]:checked').length;
      place.textContent = ticked ? ticked + " ticked" : "";
    }
  }
  document.addEventListener("change", function (event) {
    var name = event.target.dataset.tickAll;
    if (name) {
      document.querySelectorAll('input[name="' + name + '"]').forEach(function (box) {
        box.checked = event.target.checked;
      });
    }
    count(name || event.target.name);
  });
  mark();
})();
