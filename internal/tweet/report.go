package tweet

// What a table may have against it and still be read. The names are stable:
// they stand in reports that people compare.
const (
	// ByteOrderMark: the file starts with one. Counted once.
	ByteOrderMark = "byte_order_mark"
	// CRLF: lines end as on Windows. Counted once.
	CRLF = "crlf"
	// UnevenRow: a row has more or fewer fields than the header. Missing
	// ones are read as empty, further ones left out.
	UnevenRow = "uneven_row"

	// FractionalID: an id was written 3.0.
	FractionalID = "fractional_id"
	// DamagedID: an id with a spreadsheet's separators, repaired.
	DamagedID = "damaged_id"
	// UnreadableID: no id, or none that is a number. The tweet stands alone.
	UnreadableID = "unreadable_id"

	// FractionalParent: in_response_to_tweet_id was written 3.0.
	FractionalParent = "fractional_parent"
	// DamagedParent: in_response_to_tweet_id had separators, repaired.
	DamagedParent = "damaged_parent"
	// UnreadableParent: in_response_to_tweet_id is not a number.
	UnreadableParent = "unreadable_parent"

	// FractionalResponses: an id in response_tweet_id was written 3.0.
	FractionalResponses = "fractional_responses"
	// AmbiguousResponses: the commas of response_tweet_id may be a
	// spreadsheet's; they were read as those of a list.
	AmbiguousResponses = "ambiguous_responses"
	// UnreadableResponses: something in response_tweet_id is not a number
	// and was left out.
	UnreadableResponses = "unreadable_responses"

	// UnreadableAuthor: no author, or none that can be a handle.
	UnreadableAuthor = "unreadable_author"
	// UnusualInbound: inbound is neither True nor False but can be read.
	UnusualInbound = "unusual_inbound"
	// InvalidInbound: inbound cannot be read, or is empty.
	InvalidInbound = "invalid_inbound"
	// InvalidCreatedAt: created_at is not a time, or empty.
	InvalidCreatedAt = "invalid_created_at"

	// EmptyText: a text of nothing but white space.
	EmptyText = "empty_text"
	// BareText: a text of nothing but links and mentions.
	BareText = "bare_text"
	// MultilineText: a text with a line break in it.
	MultilineText = "multiline_text"
	// HTMLEntity: a text with &amp; and the like.
	HTMLEntity = "html_entity"
)

// maxExamples is how many tweets a finding names.
const maxExamples = 5

// Finding is one kind of anomaly.
type Finding struct {
	// Count is how many rows (tweets, conversations, threads: as the kind
	// says) have it.
	Count int64 `json:"count"`
	// Examples are the ids of the first tweets that have it, at most five,
	// none twice in a row; a tweet whose id cannot be read is given as -(row+1), with rows counted
	// from 0.
	Examples []int64 `json:"examples,omitempty"`
}

// Report lists what was odd about a table, by kind. It holds numbers only, no
// text and no handle. The zero value is an empty report.
type Report struct {
	Findings map[string]*Finding `json:"findings"`
}

// Add counts an anomaly of a tweet, and names the tweet while there are few
// examples.
func (r *Report) Add(kind string, id int64) {
	f := r.finding(kind)
	f.Count++
	n := len(f.Examples)
	if n < maxExamples && (n == 0 || f.Examples[n-1] != id) {
		f.Examples = append(f.Examples, id)
	}
}

// AddFile counts an anomaly of the file as a whole.
func (r *Report) AddFile(kind string) { r.finding(kind).Count++ }

// Count returns how often a kind was met.
func (r *Report) Count(kind string) int64 {
	if f := r.Findings[kind]; f != nil {
		return f.Count
	}
	return 0
}

func (r *Report) finding(kind string) *Finding {
	f := r.Findings[kind]
	if f == nil {
		if r.Findings == nil {
			r.Findings = make(map[string]*Finding)
		}
		f = &Finding{}
		r.Findings[kind] = f
	}
	return f
}
