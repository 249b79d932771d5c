package prompt

import "testing"

func TestUntrained(t *testing.T) {
	const told = System + "\n\nAnswer with one of these handles and nothing else: Acme, Bolt, Unknown."
	if got := Untrained([]string{"Acme", "Unknown", "Bolt"}, nil); got != told {
		t.Errorf("without shots it is %q", got)
	}
	const shown = told + "\n\nConversation:\nWhere is it?\nOn its way\nAnswer: Bolt"
	if got := Untrained([]string{"Acme", "Bolt"}, []Shot{{"Where is it?\nOn its way", "Bolt"}}); got != shown {
		t.Errorf("with a shot it is %q", got)
	}
}
