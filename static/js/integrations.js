(function () {
  "use strict";
  // Links with data-dialog open their dialog instead of the page that asks the same without JavaScript.
  document.addEventListener("click", function (event) {
    var opener = event.target.closest("[data-dialog]");
    if (opener) {
      var dialog = document.getElementById(opener.dataset.dialog);
      if (dialog && dialog.showModal) {
        event.preventDefault();
        dialog.showModal();
      }
      return;
    }
    if (event.target.closest("[data-close-dialog]")) {
      event.preventDefault();
      event.target.closest("dialog").close();
    }
  });
  // Choices that matter only while a box is ticked rest otherwise.
  document.querySelectorAll("[data-depends-on]").forEach(function (group) {
    var box = document.getElementById(group.dataset.dependsOn);
    function follow() {
      group.disabled = !box.checked;
    }
    box.addEventListener("change", follow);
    follow();
  });
  // Typing a date means that date is wanted.
  var date = document.getElementById("id_invoiced_before");
  if (date) {
    date.addEventListener("input", function () {
      document.getElementById("id_timesheet_status").checked = true;
    });
  }
  var summary = document.getElementById("error-summary");
  if (summary) {
    summary.focus();
  }
})();
