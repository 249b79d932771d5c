package prompt

import "strings"

// Shot is a conversation with its answer, shown to a model that was not trained.
type Shot struct{ Text, Label string }

// unknown is the answer that [System] offers for want of a company.
const unknown = "Unknown"

// Untrained is the instruction for a model that was not trained on the task: the
// [System] prompt, the answers there are, and examples, if any. The labels are
// shown in their order, Unknown at the end, and so are the shots. A line break
// inside a conversation stays, so that shots read as what follows them will.
func Untrained(labels []string, shots []Shot) string {
	var b strings.Builder
	b.WriteString(System)
	b.WriteString("\n\nAnswer with one of these handles and nothing else: ")
	for _, label := range labels {
		if label != unknown {
			b.WriteString(label + ", ")
		}
	}
	b.WriteString(unknown + ".")
	for _, s := range shots {
		b.WriteString("\n\nConversation:\n" + s.Text + "\nAnswer: " + s.Label)
	}
	return b.String()
}
