package tweet

// What a table may have against it and still be read. The names are stable:
// they stand in reports that people compare.
const (
	// ByteOrderMark: the file starts with one. Counted once.
	ByteOrderMark = "byte_order_mark"
	// CRLF: lines end as on Windows. Counted once.
	CRLF = "crlf"
	// CR: lines end with CR alone, as on old Macs. Counted once.
	CR = "cr"
	// RepeatedHeader: a row that is the header once more, and no tweet.
	RepeatedHeader = "repeated_header"
	// UnevenRow: a row has more or fewer fields than the header. Missing
	// ones are read as empty, further ones left out.
	UnevenRow = "uneven_row"

	// FractionalID: an id was written 3.0.
	FractionalID = "fractional_id"
	// DamagedID: an id with a spreadsheet's separators, repaired.
	DamagedID = "damaged_id"
	// UnusualID: an id in a spelling of a spreadsheet or an exporter that
	// keeps all digits: ="3", '3, ID_3, 1.55157E+05.
	UnusualID = "unusual_id"
	// RoundedID: an id that has lost digits. The tweet stands alone where
	// that shows in an exponent; where it shows in zeros at the end of most
	// ids it does not.
	RoundedID = "rounded_id"
	// UnreadableID: no id, or none that is a number. The tweet stands alone.
	UnreadableID = "unreadable_id"

	// FractionalParent: in_response_to_tweet_id was written 3.0.
	FractionalParent = "fractional_parent"
	// DamagedParent: in_response_to_tweet_id had separators, repaired.
	DamagedParent = "damaged_parent"
	// UnusualParent and RoundedParent: as of ids.
	UnusualParent = "unusual_parent"
	RoundedParent = "rounded_parent"
	// UnreadableParent: in_response_to_tweet_id is not a number.
	UnreadableParent = "unreadable_parent"

	// FractionalResponses: an id in response_tweet_id was written 3.0.
	FractionalResponses = "fractional_responses"
	// AmbiguousResponses: the commas of response_tweet_id may be a
	// spreadsheet's; they were read as those of a list.
	AmbiguousResponses = "ambiguous_responses"
	// UnusualResponses: an id in response_tweet_id, or the list itself, in
	// another spelling that can be read exactly.
	UnusualResponses = "unusual_responses"
	// RoundedResponses: an id in response_tweet_id has lost digits and was
	// left out.
	RoundedResponses = "rounded_responses"
	// UnreadableResponses: something in response_tweet_id is not a number
	// and was left out.
	UnreadableResponses = "unreadable_responses"

	// UnreadableAuthor: no author, or none that can be a company's name.
	UnreadableAuthor = "unreadable_author"
	// CompanySpelling: an author that is a company by another spelling than
	// its commonest, in case or blanks.
	CompanySpelling = "company_spelling"
	// ConflictingInbound: inbound is False of a customer's tweet or True of
	// a company's, as the author's other tweets have it.
	ConflictingInbound = "conflicting_inbound"
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

// add counts an anomaly of n tweets, of which it names one.
func (r *Report) add(kind string, n, id int64) {
	r.Add(kind, id)
	r.finding(kind).Count += n - 1
}

// merge adds the counts and examples of another report.
func (r *Report) merge(other Report) {
	for kind, more := range other.Findings {
		for _, id := range more.Examples {
			r.add(kind, 0, id)
		}
		r.finding(kind).Count += more.Count
	}
}

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
