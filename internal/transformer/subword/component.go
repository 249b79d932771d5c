package subword

import "encoding/json"

// component is a normalizer, pre-tokenizer or post-processor of a
// tokenizer.json: a type, and the options of all types in one struct.
type component struct {
	Type string `json:"type"`

	// Sequences of all three kinds.
	Normalizers   []component `json:"normalizers"`
	PreTokenizers []component `json:"pretokenizers"`
	Processors    []component `json:"processors"`

	CleanText    *bool  `json:"clean_text"`
	Lowercase    *bool  `json:"lowercase"`
	StripLeft    *bool  `json:"strip_left"`
	StripRight   *bool  `json:"strip_right"`
	Prepend      string `json:"prepend"`
	Content      string `json:"content"`
	CharacterMap string `json:"precompiled_charsmap"`

	Pattern          *pattern `json:"pattern"`
	Behavior         string   `json:"behavior"`
	Invert           bool     `json:"invert"`
	AddPrefixSpace   *bool    `json:"add_prefix_space"`
	UseRegex         *bool    `json:"use_regex"`
	Replacement      string   `json:"replacement"`
	PrependScheme    string   `json:"prepend_scheme"`
	Split            *bool    `json:"split"`
	IndividualDigits bool     `json:"individual_digits"`

	Single []struct {
		SpecialToken *placed `json:"SpecialToken"`
		Sequence     *placed `json:"Sequence"`
	} `json:"single"`
	SpecialTokens map[string]struct {
		IDs []uint32 `json:"ids"`
	} `json:"special_tokens"`
	Cls []json.RawMessage `json:"cls"`
	Sep []json.RawMessage `json:"sep"`
}

// placed is an item of a template.
type placed struct {
	ID     string `json:"id"`
	TypeID uint32 `json:"type_id"`
}

// pattern is what a component looks for: a string, or a regular expression.
type pattern struct {
	String string `json:"String"`
	Regex  string `json:"Regex"`
}

// or returns an option, or its default where it was left out.
func or(option *bool, def bool) bool {
	if option == nil {
		return def
	}
	return *option
}
