package anonymize

import (
	"testing"

	"switchboard/internal/text"
)

// ruleCase is a tweet as it stands in a file, and what has to become of it; a case
// without want stays as it is.
type ruleCase struct{ name, raw, want string }

// testRules cleans and anonymizes each case by the rules alone.
func testRules(t *testing.T, cases []ruleCase) {
	t.Helper()
	a := rulesAlone(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			want := c.want
			if want == "" {
				want = c.raw
			}
			s := text.Clean(c.raw)
			r := one(t, a, s)
			check(t, s, r)
			if r.Text != want {
				t.Errorf("%q became\n%q, want\n%q (spans %+v)", c.raw, r.Text, want, r.Spans)
			}
		})
	}
}

func TestPhonesWithSlashes(t *testing.T) { testRules(t, slashedPhones) }

var slashedPhones = []ruleCase{
	{"00 for the plus", "Tel 0049/30/5550148 anrufen", "Tel Phone anrufen"},
	{"00 alone before a slash", "00/49/171/5550148", "Phone"},
	{"plus", "+49/171/5550148", "Phone"},
	{"plus, one slash", "+49 171/5550 148", "Phone"},
	{"plus, hyphens", "+7/495/123-45-67", "Phone"},
	{"plus and a zero in brackets", "+33(0)1/34.31.70.00", "Phone"},
	{"area code of one digit", "0033/1/34317001 appelez", "Phone appelez"},
	{"groups of two", "+33/1/34/31/70/00", "Phone"},
	{"groups of two behind a zero", "01/34/31/70/00", "Phone"},
	{"area code", "030/1234567", "Phone"},
	{"area code, blanks", "030 / 1234567", "Phone"},
	{"area code in brackets", "(030)/1234567", "Phone"},
	{"area code and groups", "Tel. 030/123 45 67", "Tel. Phone"},
	{"area code of two digits", "call 02/5551234", "call Phone"},
	{"area code and hyphen", "0800/123-4567", "Phone"},
	{"direct dialling", "fax 030/1234567-89", "fax Phone"},
	{"slash further on", "(0)20 7946/0958", "Phone"},
	{"American", "415/555-2671", "Phone"},
	{"American, twice", "415/555/2671", "Phone"},
	{"American, in brackets", "Call (415) 555/2671", "Call Phone"},
	{"full-width slash", "０３０／１２３４５６７", "Phone"},
	{"two in one piece", "07700900123/07700900124", "Phone/Phone"},
	{"two in one piece, comma", "07700900123,07700900124", "Phone,Phone"},
	{"two in groups", "07700 900123/07700 900124", "Phone/Phone"},
	{"two in groups of two", "01 34 31 70 00/01 34 31 70 01", "Phone/Phone"},
	{"two with a plus", "+49/171/5550148/+49/171/5550149", "Phone/Phone"},
	{"two, one with a plus", "+44 7700 900123/07700 900124", "Phone/Phone"},
	{"two American", "call 415-555-0199/415-555-0198", "call Phone/Phone"},
	{"other ending", "call 415-555-0199/0198", "call Phone/Phone"},
	{"other ending, or", "call 415 555 0199 or 0198", "call Phone or Phone"},

	{"date", "12/05/2017 or 05/11/2017 18:30", ""},
	{"date, year first", "2017/10/31", ""},
	{"dates", "10/31/2017 to 11/02/2017", ""},
	{"month and year", "06/2017 and 07/2017", ""},
	{"date of zeros", "00/00/0000", ""},
	{"round the clock", "call 0344 493 0787 24/7", "call Phone 24/7"},
	{"part of a tweet", "we are here 1/2", ""},
	{"years", "2016/2017/2018", ""},
	{"hours", "open 0800/2000", ""},
	{"marks", "10/10 and 100/100", ""},
	{"order", "order 415/555-2671", ""},
	{"orders", "order 4155552671/4155552672", ""},
	{"reference", "ref 030/1234567", ""},
	{"invoice and year", "invoice 12345/2017", ""},
	{"flights", "flight 0123/0124 or BA1372/1373", ""},
	{"tracking", "tracking 1234/5678/9012", ""},
	{"version", "version 1.0/2.0", ""},
	{"prices", "I paid 1.299,00/2.499,00", ""},
	{"speeds", "10/100/1000 Mbps", ""},
	{"sets", "won 6/4 6/3 7/6", ""},
	{"seats", "seats 12/13/14/15/16", ""},
	{"sizes", "8GB/256GB or 1080/60", ""},
	{"list of numbers", "01/02/03 and 11/22/33/44/55", ""},
}

func TestPhonesWithExtensions(t *testing.T) { testRules(t, extendedPhones) }

var extendedPhones = []ruleCase{
	{"glued", "my cell 415-555-0142x204", "my cell Phone"},
	{"glued, dots", "415.555.0142x12", "Phone"},
	{"glued, in brackets", "(415) 555-0142x204", "Phone"},
	{"glued, blanks", "415 555 0142X204", "Phone"},
	{"glued, in one piece", "4155550142x204", "Phone"},
	{"glued to a plus", "+442079460958x12", "Phone"},
	{"glued ext", "415-555-0142ext12", "Phone"},
	{"x", "+1 (555) 010-0199 x123", "Phone"},
	{"x and a blank", "415-555-0142 x 204.", "Phone."},
	{"ext.", "415-555-0142 ext. 12", "Phone"},
	{"ext:", "415-555-0142, ext: 12", "Phone"},
	{"extension", "415-555-0142 extension 12", "Phone"},
	{"extension number", "415-555-0142 extension number 12", "Phone"},
	{"Durchwahl", "030 1234567 Durchwahl -12", "Phone"},
	{"Nebenstelle", "030 1234567, Nebenstelle 12", "Phone"},
	{"number sign", "415-555-0142 #204", "Phone"},
	{"pause", "415-555-0142,,204", "Phone"},

	{"size of a screen", "1920x1080 or 3840x2160", ""},
	{"size behind numbers", "800 600 1920x1080", ""},
	{"times", "12345678x2 and 4x4", ""},
}

func TestPhonesInLinks(t *testing.T) { testRules(t, linkedPhones) }

var linkedPhones = []ruleCase{
	{"WhatsApp", "wa.me/491715550148 is my whatsapp", "wa.me/Phone is my whatsapp"},
	{"WhatsApp, plus", "message me wa.me/+15550100199", "message me wa.me/Phone"},
	{"WhatsApp, text behind", "wa.me/15550100199?text=hi", "wa.me/Phone?text=hi"},
	{"WhatsApp, a whole link goes anyway", "https://wa.me/15550100199", "<url>"},
	{"WhatsApp, long", "api.whatsapp.com/send?phone=15550100199", "api.whatsapp.com/send?phone=Phone"},
	{"Telegram", "t.me/+15550100199", "t.me/Phone"},
	{"tel", "tel:+15550100199", "tel:Phone"},
	{"tel, no plus", "TEL:15550100199", "TEL:Phone"},
	{"callto", "callto:15550100199", "callto:Phone"},
	{"sms", "sms:+15550100199", "sms:Phone"},

	{"no number", "wa.me/message/ABCDEF or wa.me/123", ""},
	{"another host", "example.com/15550100199", ""},
}

func TestPhonesInOtherSigns(t *testing.T) { testRules(t, otherPhones) }

var otherPhones = []ruleCase{
	{"no-break space", "+44 20\u00a07946\u00a00958", "Phone"},
	{"thin space", "+44 20\u20097946\u20090958", "Phone"},
	{"en dash", "020–7946–0958", "Phone"},
	{"em dash", "020—7946—0958", "Phone"},
	{"minus sign", "020−7946−0958", "Phone"},
	{"middle dots", "+44·20·7946·0958", "Phone"},
	{"square brackets", "[415] 555-0142", "Phone"},
	{"full-width", "＋４４ ２０ ７９４６ ０９５８", "Phone"},
	{"full-width brackets", "（０３）１２３４－５６７８", "Phone"},
}
