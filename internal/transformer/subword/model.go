package subword

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// parseModel reads the model, and the largest id that it has.
func parseModel(raw json.RawMessage) (model, uint32, error) {
	var kind struct {
		Type   string          `json:"type"` // left out in old files
		Vocab  json.RawMessage `json:"vocab"`
		Merges json.RawMessage `json:"merges"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return nil, 0, fmt.Errorf("its model cannot be read: %w", err)
	}
	switch {
	case kind.Type == "WordPiece":
		return parseWordPiece(raw)
	case kind.Type == "BPE" || kind.Type == "" && kind.Merges != nil:
		return parseBPE(raw)
	case kind.Type == "Unigram" || kind.Type == "" && len(kind.Vocab) > 0 && kind.Vocab[0] == '[':
		return parseUnigram(raw)
	}
	return nil, 0, unknown("model", kind.Type)
}

// vocabulary holds ids by string, and strings by id.
type vocabulary struct {
	ids     map[string]uint32
	strings map[uint32]string
}

func newVocabulary(ids map[string]uint32) (v vocabulary, largest uint32, err error) {
	if len(ids) == 0 {
		return v, 0, errors.New("its vocabulary is empty")
	}
	v = vocabulary{ids, make(map[uint32]string, len(ids))}
	for s, id := range ids {
		v.strings[id] = s
		largest = max(largest, id)
	}
	return v, largest, nil
}

// wordPiece takes the longest piece that the vocabulary has, from left to
// right; a word that cannot be cut so is unknown as a whole.
type wordPiece struct {
	vocabulary
	unknown uint32
	prefix  string
	longest int
}

func parseWordPiece(raw json.RawMessage) (model, uint32, error) {
	var f struct {
		Vocab   map[string]uint32 `json:"vocab"`
		Unknown *string           `json:"unk_token"`
		Prefix  *string           `json:"continuing_subword_prefix"`
		Longest *int              `json:"max_input_chars_per_word"`
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, 0, fmt.Errorf("its WordPiece model cannot be read: %w", err)
	}
	m := &wordPiece{prefix: "##", longest: 100}
	var largest uint32
	var err error
	if m.vocabulary, largest, err = newVocabulary(f.Vocab); err != nil {
		return nil, 0, err
	}
	unk := "[UNK]"
	if f.Unknown != nil {
		unk = *f.Unknown
	}
	var ok bool
	if m.unknown, ok = m.ids[unk]; !ok {
		return nil, 0, fmt.Errorf("its vocabulary lacks the token for unknown words, %q", unk)
	}
	if f.Prefix != nil {
		m.prefix = *f.Prefix
	}
	if f.Longest != nil {
		m.longest = *f.Longest
	}
	return m, largest, nil
}

func (m *wordPiece) tokens(word []char, to []token) []token {
	whole := token{m.unknown, word[0].start, word[len(word)-1].end}
	if len(word) > m.longest {
		return append(to, whole)
	}
	s, at := text(word)
	from := len(to)
	for start := 0; start < len(s); {
		end := len(s)
		for ; end > start; end-- {
			piece := s[start:end]
			if start > 0 {
				piece = m.prefix + piece
			}
			if id, ok := m.ids[piece]; ok {
				to = append(to, token{id, word[at(start)].start, word[at(end)-1].end})
				break
			}
		}
		if end == start {
			return append(to[:from], whole)
		}
		start = end
	}
	return to
}

func (m *wordPiece) content(id uint32) (string, bool) {
	s, ok := m.strings[id]
	return strings.TrimPrefix(s, m.prefix), ok && id != m.unknown
}

// bpe joins the pair of pieces that was joined first in training, until no two
// neighbours were.
type bpe struct {
	vocabulary
	merges       map[[2]uint32]merge
	unknown      *uint32
	fuse         bool
	whole        bool // a word that is in the vocabulary is one token
	bytes        bool // what is not in it is cut into bytes
	prefix, tail string
}

type merge struct {
	rank int
	id   uint32
}

func parseBPE(raw json.RawMessage) (model, uint32, error) {
	var f struct {
		Vocab   map[string]uint32 `json:"vocab"`
		Merges  []mergePair       `json:"merges"`
		Unknown *string           `json:"unk_token"`
		Prefix  *string           `json:"continuing_subword_prefix"`
		Tail    *string           `json:"end_of_word_suffix"`
		Fuse    bool              `json:"fuse_unk"`
		Whole   bool              `json:"ignore_merges"`
		Bytes   bool              `json:"byte_fallback"`
		Dropout float64           `json:"dropout"`
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, 0, fmt.Errorf("its BPE model cannot be read: %w", err)
	}
	if f.Dropout > 0 {
		return nil, 0, errors.New("its BPE model has a dropout, so that it cuts the same text now one way and now another")
	}
	m := &bpe{merges: make(map[[2]uint32]merge, len(f.Merges)), fuse: f.Fuse, whole: f.Whole, bytes: f.Bytes}
	var largest uint32
	var err error
	if m.vocabulary, largest, err = newVocabulary(f.Vocab); err != nil {
		return nil, 0, err
	}
	if f.Prefix != nil {
		m.prefix = *f.Prefix
	}
	if f.Tail != nil {
		m.tail = *f.Tail
	}
	if f.Unknown != nil {
		id, ok := m.ids[*f.Unknown]
		if !ok {
			return nil, 0, fmt.Errorf("its vocabulary lacks the token for unknown characters, %q", *f.Unknown)
		}
		m.unknown = &id
	}
	for rank, pair := range f.Merges {
		a, okA := m.ids[pair[0]]
		b, okB := m.ids[pair[1]]
		joined, ok := m.ids[pair[0]+strings.TrimPrefix(pair[1], m.prefix)]
		if !okA || !okB || !ok {
			return nil, 0, fmt.Errorf("its merge %d uses a piece that its vocabulary lacks", rank+1)
		}
		m.merges[[2]uint32{a, b}] = merge{rank, joined}
	}
	return m, largest, nil
}

// mergePair is written as "a b" or, in later files, as ["a", "b"].
type mergePair [2]string

func (p *mergePair) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '[' {
		return json.Unmarshal(raw, (*[2]string)(p))
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	a, b, ok := strings.Cut(s, " ")
	if !ok || strings.Contains(b, " ") {
		return fmt.Errorf("a merge is %q instead of two pieces", s)
	}
	*p = mergePair{a, b}
	return nil
}

func (m *bpe) tokens(word []char, to []token) []token {
	if m.whole {
		s, _ := text(word)
		if id, ok := m.ids[s]; ok {
			return append(to, token{id, word[0].start, word[len(word)-1].end})
		}
	}
	from := len(to)
	to = m.symbols(word, to)
	pieces := to[from:]
	for len(pieces) > 1 {
		best, at := merge{rank: math.MaxInt}, -1
		for i := range len(pieces) - 1 {
			if j, ok := m.merges[[2]uint32{pieces[i].id, pieces[i+1].id}]; ok && j.rank < best.rank {
				best, at = j, i
			}
		}
		if at < 0 {
			break
		}
		pieces[at].id, pieces[at].end = best.id, pieces[at+1].end
		pieces = slices.Delete(pieces, at+1, at+2)
	}
	return to[:from+len(pieces)]
}

// symbols cuts the word into what merging starts from.
func (m *bpe) symbols(word []char, to []token) []token {
	lastUnknown := false
	for i, c := range word {
		s := string(c.r)
		if i > 0 {
			s = m.prefix + s
		}
		if i == len(word)-1 {
			s += m.tail
		}
		if id, ok := m.ids[s]; ok {
			to, lastUnknown = append(to, token{id, c.start, c.end}), false
			continue
		}
		if m.bytes {
			if ids, ok := byteTokens(s, m.ids); ok {
				for _, id := range ids {
					to = append(to, token{id, c.start, c.end})
				}
				lastUnknown = false
				continue
			}
		}
		if m.unknown == nil {
			continue // as the Python library does
		}
		if lastUnknown && m.fuse {
			to[len(to)-1].end = c.end
			continue
		}
		to, lastUnknown = append(to, token{*m.unknown, c.start, c.end}), true
	}
	return to
}

func byteTokens(s string, ids map[string]uint32) ([]uint32, bool) {
	var out []uint32
	for _, b := range []byte(s) {
		id, ok := ids[fmt.Sprintf("<0x%02X>", b)]
		if !ok {
			return nil, false
		}
		out = append(out, id)
	}
	return out, true
}

func (m *bpe) content(id uint32) (string, bool) {
	s, ok := m.strings[id]
	if !ok || m.unknown != nil && id == *m.unknown || m.bytes && isByteToken(s) {
		return "", false
	}
	return strings.TrimSuffix(strings.TrimPrefix(s, m.prefix), m.tail), true
}

func isByteToken(s string) bool {
	return len(s) == 6 && strings.HasPrefix(s, "<0x") && s[5] == '>'
}

// unigram cuts a word so that the product of its pieces' probabilities is the
// greatest.
type unigram struct {
	vocabulary
	sorted  []string
	scores  []float64 // by place in sorted
	unknown uint32
	penalty float64 // score of a character that is unknown
	bytes   bool
}

func parseUnigram(raw json.RawMessage) (model, uint32, error) {
	var f struct {
		Vocab   []scored `json:"vocab"`
		Unknown *uint32  `json:"unk_id"`
		Bytes   bool     `json:"byte_fallback"`
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, 0, fmt.Errorf("its Unigram model cannot be read: %w", err)
	}
	if f.Unknown == nil || int(*f.Unknown) >= len(f.Vocab) {
		return nil, 0, errors.New("its Unigram model has no token for unknown characters")
	}
	m := &unigram{unknown: *f.Unknown, bytes: f.Bytes, penalty: math.Inf(1)}
	ids := make(map[string]uint32)
	scores := make(map[string]float64)
	for i, piece := range f.Vocab {
		m.penalty = min(m.penalty, piece.score)
		if piece.text == "" {
			continue
		}
		ids[piece.text], scores[piece.text] = uint32(i), piece.score
	}
	m.penalty -= 10
	var err error
	if m.vocabulary, _, err = newVocabulary(ids); err != nil {
		return nil, 0, err
	}
	for s := range ids {
		m.sorted = append(m.sorted, s)
	}
	slices.Sort(m.sorted)
	for _, s := range m.sorted {
		m.scores = append(m.scores, scores[s])
	}
	return m, uint32(len(f.Vocab) - 1), nil
}

// scored is ["piece", -3.5].
type scored struct {
	text  string
	score float64
}

func (s *scored) UnmarshalJSON(raw []byte) error {
	return json.Unmarshal(raw, &[2]any{&s.text, &s.score})
}

func (m *unigram) tokens(word []char, to []token) []token {
	s, at := text(word)
	type node struct {
		score float64
		from  int
		known bool
	}
	best := make([]node, len(s)+1)
	for i := range best {
		best[i].from = -1
	}
	for start := 0; start < len(s); {
		_, size := utf8.DecodeRuneInString(s[start:])
		here := best[start].score
		better := func(end int, score float64, known bool) {
			if n := &best[end]; n.from < 0 || score > n.score {
				*n = node{score, start, known}
			}
		}
		single := false
		m.prefixes(s[start:], func(length int, score float64) {
			better(start+length, here+score, true)
			single = single || length == size
		})
		if !single {
			better(start+size, here+m.penalty, false)
		}
		start += size
	}
	from := len(to)
	for end := len(s); end > 0; {
		start := best[end].from
		// Unknown characters that are neighbours are one token.
		for !best[end].known && start > 0 && !best[start].known {
			start = best[start].from
		}
		to = m.piece(s[start:end], word[at(start):at(end)], to)
		end = start
	}
	slices.Reverse(to[from:])
	return to
}

// piece appends a piece's tokens, the last one first.
func (m *unigram) piece(s string, chars []char, to []token) []token {
	start, end := chars[0].start, chars[len(chars)-1].end
	if id, ok := m.ids[s]; ok {
		return append(to, token{id, start, end})
	}
	if m.bytes {
		if ids, ok := byteTokens(s, m.ids); ok {
			for _, id := range slices.Backward(ids) {
				to = append(to, token{id, start, end})
			}
			return to
		}
	}
	return append(to, token{m.unknown, start, end})
}

// prefixes calls found for each piece that s begins with.
func (m *unigram) prefixes(s string, found func(length int, score float64)) {
	low, high := 0, len(m.sorted)
	for n := 1; n <= len(s) && low < high; n++ {
		// Those from low to high begin with s[:n-1].
		c := s[n-1]
		low += firstIn(m.sorted[low:high], n-1, c)
		high = low + firstAbove(m.sorted[low:high], n-1, c)
		if low < high && len(m.sorted[low]) == n {
			found(n, m.scores[low])
		}
	}
}

// firstIn returns the first string whose byte at i is c or above.
func firstIn(sorted []string, i int, c byte) int {
	at, _ := slices.BinarySearchFunc(sorted, c, func(s string, c byte) int {
		if len(s) <= i || s[i] < c {
			return -1
		}
		return 1
	})
	return at
}

// firstAbove returns the first string whose byte at i is above c.
func firstAbove(sorted []string, i int, c byte) int {
	at, _ := slices.BinarySearchFunc(sorted, c, func(s string, c byte) int {
		if len(s) <= i || s[i] <= c {
			return -1
		}
		return 1
	})
	return at
}

func (m *unigram) content(id uint32) (string, bool) {
	s, ok := m.strings[id]
	return s, ok && id != m.unknown && !(m.bytes && isByteToken(s))
}
