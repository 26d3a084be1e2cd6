// The link's token stands behind the “#”: no server has seen it yet, and none but the shop's will.
const form = document.getElementById("setup");
const outcome = document.getElementById("outcome");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
  const button = form.querySelector("button");
  button.disabled = true;
  outcome.textContent = "One moment …";
  try {
    const answer = await fetch("/api/v1/setup", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...fields, token: location.hash.slice(1) }),
    });
    if (answer.ok) {
      history.replaceState(null, "", location.pathname);
      form.replaceChildren(outcome);
      outcome.textContent = "Your password is set. You can sign in now.";
      return;
    }
    const problem = await answer.json();
    outcome.textContent = problem.errors?.map((error) => error.reason).join(" ") || problem.detail;
  } catch {
    outcome.textContent = "The shop cannot be reached just now; try again in a moment.";
  }
  button.disabled = false;
});
