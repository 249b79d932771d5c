package tweet

import (
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

func (b *builder) id(s string) int64 {
	id, form := b.reader.parse(s)
	b.reader.groups = 0
	if at := strings.IndexAny(s, ", "); form == damaged && at >= 0 {
		b.reader.groups = s[at]
	}
	if form == whole {
		if id > exact {
			b.large(id)
		}
		return id
	}
	if form.readable() && b.reader.other >= 0 {
		b.unsure = append(b.unsure, unsureID{idColumn, len(b.table.chunks), b.ids.Len(), int32(b.rows), b.reader.other})
		return id
	}
	if !form.readable() {
		id = -int64(b.rows) - 1
		b.table.ids.add(form, int32(b.rows))
	}
	if kind := idKinds[form]; kind != "" {
		b.table.Report.Add(kind, id)
	}
	return id
}

// large notes an id that a floating-point number has no room for. Those that
// have been one end in zeros: 17 digits are all that it has, and a spreadsheet
// shows 15.
func (b *builder) large(id int64) {
	b.larges++
	if id >= 1e18 && id%100 == 0 || id%1000 == 0 {
		b.zeros.Add(RoundedID, id)
	}
}

func (b *builder) text(id int64, s string) {
	b.texts.Append(s)
	report := &b.table.Report
	switch bareness(s) {
	case blank:
		report.Add(EmptyText, id)
	case linksOnly:
		report.Add(BareText, id)
	}
	if strings.IndexByte(s, '\n') >= 0 {
		report.Add(MultilineText, id)
	}
	if hasEntity(s) {
		report.Add(HTMLEntity, id)
	}
}

func (b *builder) author(id int64, r *row, uneven bool) {
	s := r.author
	if b.at.author >= 0 {
		b.writers = append(b.writers, hashOf(s))
	}
	role := b.role(id, r.inbound)
	if !b.labelled {
		b.companies.AppendNull()
		return
	}
	if role != fromCompany && isCustomer(s) {
		b.customer(role)
		return
	}
	i := int32(-1)
	if !uneven || role != untold || isHandle(strings.TrimSpace(s)) {
		i = b.authors.find(s, role)
	}
	if i >= 0 {
		b.authors.spellings[i].add(role, int32(b.rows))
	}
	switch {
	case role == fromCustomer:
		if s = strings.TrimSpace(s); s == "" || isNothing(s) {
			b.table.Report.Add(UnreadableAuthor, id)
		}
		b.customer(role)
	case i >= 0:
		b.table.authors.of++
		b.companies.UnsafeAppend(i)
	case isSpelledNumber(s):
		b.customer(role)
	default:
		b.table.authors.of++
		b.table.authors.add(unreadable, int32(b.rows))
		b.table.Report.Add(UnreadableAuthor, id)
		b.companies.AppendNull()
	}
}

// customer adds a row that a customer wrote; which one does not matter.
func (b *builder) customer(r role) {
	if r != fromCustomer {
		b.table.authors.of++
	}
	b.companies.AppendNull()
}

func (b *builder) role(id int64, s string) role {
	if b.at.inbound < 0 {
		return untold
	}
	role, usual := roleOf(s)
	switch {
	case role == untold:
		b.table.Report.Add(InvalidInbound, id)
	case !usual:
		b.table.Report.Add(UnusualInbound, id)
	}
	return role
}

func (b *builder) time(id int64, s string) {
	if b.at.created < 0 {
		b.created.AppendNull()
		return
	}
	t, ok := parseTime(s)
	if !ok {
		b.table.Report.Add(InvalidCreatedAt, id)
		b.created.AppendNull()
		return
	}
	b.created.UnsafeAppend(arrow.Timestamp(t.Unix()))
}

func (b *builder) parent(id int64, s string) {
	parent, form := b.reader.parse(s)
	if !form.readable() {
		b.parents.AppendNull()
		b.reply(id, form, parentKinds)
		return
	}
	if form != whole && b.reader.other >= 0 {
		b.unsure = append(b.unsure, unsureID{parentColumn, len(b.table.chunks), b.parents.Len(), int32(b.rows), b.reader.other})
		form = whole
	}
	b.parents.UnsafeAppend(parent)
	b.reply(id, form, parentKinds)
}

func (b *builder) answers(id int64, s string) {
	b.responses.Append(true)
	ids, form := b.reader.appendList(b.responded[:0], s)
	b.responded = ids
	values := b.responses.ValueBuilder().(*array.Int64Builder)
	for _, other := range b.reader.others {
		b.unsure = append(b.unsure, unsureID{responsesColumn, len(b.table.chunks), values.Len() + other.at, int32(b.rows), other.id})
	}
	values.AppendValues(ids, nil)
	b.reply(id, form, responseKinds)
}

// reply counts what was found in one of the two columns that tell replies.
func (b *builder) reply(id int64, form form, kinds [unreadable + 1]string) {
	if form != absent && form != nothing {
		b.table.replies.of++
	}
	if form == rounded || form == unreadable {
		b.table.replies.add(form, int32(b.rows))
	}
	if kind := kinds[form]; kind != "" {
		b.table.Report.Add(kind, id)
	}
}

// What each form of an id is called in the report, by column.
var (
	idKinds = [unreadable + 1]string{
		absent: UnreadableID, fractional: FractionalID, damaged: DamagedID, unusual: UnusualID,
		nothing: UnreadableID, rounded: RoundedID, unreadable: UnreadableID,
	}
	parentKinds = [unreadable + 1]string{
		fractional: FractionalParent, damaged: DamagedParent, unusual: UnusualParent,
		nothing: UnreadableParent, rounded: RoundedParent, unreadable: UnreadableParent,
	}
	responseKinds = [unreadable + 1]string{
		fractional: FractionalResponses, damaged: AmbiguousResponses, unusual: UnusualResponses,
		nothing: UnreadableResponses, rounded: RoundedResponses, unreadable: UnreadableResponses,
	}
)

// timeLayouts are those in circulation, the original's first.
var timeLayouts = []string{time.RubyDate, time.RFC3339, "2006-01-02 15:04:05Z07:00", time.DateTime}

func parseTime(s string) (time.Time, bool) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// bare tells what is left of a text without its mentions and links.
type bare uint8

const (
	something bare = iota
	linksOnly
	blank
)

func bareness(text string) bare {
	left := blank
	for word := range strings.FieldsSeq(text) {
		if word[0] != '@' && !strings.HasPrefix(word, "https://") && !strings.HasPrefix(word, "http://") {
			return something
		}
		left = linksOnly
	}
	return left
}

// hasEntity tells whether a text has an HTML entity such as &amp; or &#39; in
// it.
func hasEntity(text string) bool {
	for {
		amp := strings.IndexByte(text, '&')
		if amp < 0 {
			return false
		}
		text = text[amp+1:]
		end := strings.IndexByte(text[:min(len(text), 10)], ';')
		if end > 0 && strings.Trim(text[:end], entityChars) == "" {
			return true
		}
	}
}

const entityChars = "#0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
