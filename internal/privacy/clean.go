package privacy

import (
	"strings"

	"switchboard/internal/text"
)

// clean returns the text as the anonymizer gets it, and where the labels are
// in it. The result has a label for each of the argument's; one of which
// nothing is left, such as a handle, has Start equal to End.
//
// Cleaning goes from left to right, so what stands before a place becomes the
// beginning of the cleaned text, whatever follows; but for a place in the
// middle of something that is replaced as a whole, a link or a handle.
func clean(raw string, labels []Label) (string, []Label) {
	cleaned := text.Clean(raw)
	if len(labels) == 0 {
		return cleaned, nil
	}
	moved := make([]Label, len(labels))
	for i, l := range labels {
		moved[i].Kind = l.Kind
		before, through := text.Clean(raw[:l.Start]), text.Clean(raw[:l.End])
		if !strings.HasPrefix(cleaned, before) || !strings.HasPrefix(cleaned, through) || len(before) > len(through) {
			continue
		}
		// A space at the end of what stands before was cleaned away.
		detail := strings.TrimLeft(cleaned[len(before):len(through)], " ")
		if strings.ContainsFunc(detail, isDetail) {
			moved[i].Start, moved[i].End = len(through)-len(detail), len(through)
		}
	}
	return cleaned, moved
}
