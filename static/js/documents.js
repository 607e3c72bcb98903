(function () {
  "use strict";
  // A form that is drawn anew after each change keeps open what was open.
  var open = [];
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (event.detail.xhr.responseURL.indexOf("/login/") !== -1) {
      event.detail.shouldSwap = false;
      window.location.reload();
      return;
    }
    open = Array.from(document.querySelectorAll("[data-keep-open] details[id]")).map(function (part) {
      return [part.id, part.open];
    });
  });
  document.addEventListener("htmx:afterSwap", function () {
    open.forEach(function (pair) {
      var part = document.getElementById(pair[0]);
      if (part) {
        part.open = pair[1];
      }
    });
  });
})();
