"""Goal: from power-on of a fresh machine to the first event somebody can query, without a question."""
NAME, NUMBER, SHARED, COST = "first-event", None, False, 240
TITLE = "the first boot needs nobody: capture, canary, and an event of ours in a HogQL query"


def run(rig, case):
    _, facts = rig.base()
    kernel = facts["kernel_at_s"]
    case.note(f"first boot: kernel at {kernel:.0f} s, capture ready at {facts['capture_s']:.0f} s, box good at"
              f" {facts['good_s']:.0f} s, first event queried at {facts['first_event_s']:.0f} s after power-on")
    assert facts["first_event_s"] > 0
