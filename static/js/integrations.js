(function () {
  "use strict";
  // The dialog's words and numbers are fetched when it is asked for; whatever goes wrong, the page itself asks.
  function ask(dialog, address) {
    fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok || answer.redirected) {
        throw new Error("no dialog");
      }
      return answer.text();
    }).then(function (text) {
      document.getElementById("ask-body").innerHTML = text;
      dialog.showModal();
    }).catch(function () {
      window.location.assign(address);
    });
  }
  // Links with data-dialog open their dialog instead of the page that asks the same without JavaScript.
  document.addEventListener("click", function (event) {
    var opener = event.target.closest("[data-dialog]");
    if (opener) {
      var dialog = document.getElementById("ask-dialog");
      if (dialog && dialog.showModal) {
        event.preventDefault();
        ask(dialog, opener.href);
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
  // "All on this page", and how many are chosen.
  function boxes(name) {
    return Array.from(document.querySelectorAll('input[type="checkbox"][name="' + name + '"]'));
  }
  document.addEventListener("change", function (event) {
    var all = event.target.dataset.checkAll;
    if (all) {
      boxes(all).forEach(function (box) { box.checked = event.target.checked; });
    }
    document.querySelectorAll("[data-checked-count]").forEach(function (place) {
      var count = boxes(place.dataset.checkedCount).filter(function (box) { return box.checked; }).length;
      place.textContent = count ? count + " selected" : "";
    });
  });
  // The live part of the details page: what changed is said once, and a lost session leads to the sign-in page.
  function announce() {
    var live = document.getElementById("live"), place = document.getElementById("announce");
    if (live && place && place.dataset.said !== live.dataset.announce) {
      if (place.dataset.said !== undefined) {
        place.textContent = live.dataset.announce;
      }
      place.dataset.said = live.dataset.announce;
    }
  }
  announce();
  document.addEventListener("htmx:afterSettle", announce);
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (event.detail.target.id === "live" && event.detail.xhr.responseURL.indexOf("/login/") !== -1) {
      event.detail.shouldSwap = false;
      window.location.reload();
    }
  });
  var summary = document.getElementById("error-summary");
  if (summary) {
    summary.focus();
  }
})();
