package anonymize

import (
	"context"
	"strings"
	"testing"
)

// one anonymizes a single tweet that is a thread of its own.
func one(t testing.TB, a *Anonymizer, s string) Result {
	t.Helper()
	results, err := a.Threads(context.Background(), [][]string{{s}})
	if err != nil {
		t.Fatal(err)
	}
	return results[0][0]
}

func rulesAlone(t testing.TB) *Anonymizer {
	t.Helper()
	a, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// The specification of the rules. A case without want stays as it is.
var ruleCases = []struct{ name, text, want string }{
	// Greetings.
	{"comma behind", "Hi Liz, how can we help?", "Hi Person, how can we help?"},
	{"comma before", "Hello, Josh! Please send a message.", "Hello, Person! Please send a message."},
	{"no punctuation", "Hey Naomi thanks for letting us know", "Hey Person thanks for letting us know"},
	{"a name in no list", "Hi Quorrin, sorry about that.", "Hi Person, sorry about that."},
	{"hi there", "Hi there Mark, we're here.", "Hi there Person, we're here."},
	{"full name", "Dear Priya Raghunathan, your claim is open.", "Dear Person, your claim is open."},
	{"initial behind", "Hi Dan M, got it.", "Hi Person, got it."},
	{"two names", "Hi John and Mary, welcome aboard.", "Hi Person and Person, welcome aboard."},
	{"hyphen and accent", "Bonjour Jean-François, merci", "Bonjour Person, merci"},
	{"apostrophe", "Hi O'Malley, thanks.", "Hi Person, thanks."},
	{"small letters", "hey becky where is my order", "hey Person where is my order"},
	{"capital letters", "HI JOHN WHERE IS IT", "HI Person WHERE IS IT"},
	{"initials", "Hi AJ, we got it.", "Hi Person, we got it."},
	{"good morning", "Good morning, Frank. How are you?", "Good morning, Person. How are you?"},
	{"thanks", "Thanks, Ana! We try.", "Thanks, Person! We try."},
	{"thanks so much", "Thank you so much Sarah for the help", "Thank you so much Person for the help"},
	{"sorry", "Sorry Paul, that took long.", "Sorry Person, that took long."},
	{"welcome", "You're welcome, Lauren!", "You're welcome, Person!"},
	{"name that is a word", "Hi Will, it is on its way.", "Hi Person, it is on its way."},
	{"greeting and sentence", "Hi. We can help.", ""},
	{"hi there alone", "Hi There, may we have the number?", ""},
	{"greeting and question", "Hi Can you help", ""},
	{"greeting and will", "Hi Will you help me", ""},
	{"thanks and a noun", "Thanks Hotel staff", ""},
	{"hey guys", "Hey Guys, is it down?", ""},
	{"dear customer", "Dear Customer, please wait.", ""},

	// Brands.
	{"Virgin", "Hi Virgin, my train is late", ""},
	{"Wendy's", "Hi Wendy's, no fries again", ""},
	{"Wendy’s", "I love Wendy’s. So much", ""},
	{"Wendy", "Hi Wendy, sorry to hear that.", "Hi Person, sorry to hear that."},
	{"Ally", "Thanks Ally! Best bank", ""},
	{"Delta", "Hey Delta, where is my bag", ""},
	{"Alexa", "Hey Alexa, play something", ""},
	{"Siri", "Hey Siri turn it off", ""},
	{"phrases", "Papa John's, Trader Joe's and Ben & Jerry's are great", ""},
	{"Dr. Pepper", "one Dr. Pepper please", ""},
	{"airport with a name", "stuck at Love Field and John Wayne Airport", ""},
	{"two airlines", "Thanks Southwest Airlines", ""},

	// Sign-offs.
	{"dash", "Nope! Still just the $3. -Becky", "Nope! Still just the $3. -Person"},
	{"caret", "What information is incorrect? ^JB", "What information is incorrect? ^Person"},
	{"asterisk", "Thanks for the feedback. *TMT", "Thanks for the feedback. *Person"},
	{"tilde", "We're very sorry to hear that. ~Heather", "We're very sorry to hear that. ~Person"},
	{"caret and name", "We're here to help. ^Naomi", "We're here to help. ^Person"},
	{"slash", "We'll take a look backstage /JP", "We'll take a look backstage /Person"},
	{"slash and a word of two letters", "Let us know how it goes /NY", "Let us know how it goes /Person"},
	{"dash and space", "We're on it. - AA", "We're on it. - Person"},
	{"one letter", "Happy to help! ^N", "Happy to help! ^Person"},
	{"small letters", "Let us know. Thank you. ^mm", "Let us know. Thank you. ^Person"},
	{"link behind", "See here ^JK <url>", "See here ^Person <url>"},
	{"part number behind", "We will call you ^Marie 1/2", "We will call you ^Person 1/2"},
	{"part number in brackets and a link", "We will call you. -Carol (2/3) <url>", "We will call you. -Person (2/3) <url>"},
	{"emoji before", "See you soon 😊 *HDG", "See you soon 😊 *Person"},
	{"emoji behind", "See you soon ^Kim 😊✈", "See you soon ^Person 😊✈"},
	{"glued to the sentence", "We're a click away!^AkilahS", "We're a click away!^Person"},
	{"thanks and a dash", "It is booked. Thanks- Mariya 2/2", "It is booked. Thanks- Person 2/2"},
	{"thanks glued", "refund is done. Thanks-M", "refund is done. Thanks-Person"},
	{"two words", "We hope to see you. ^Beth S.", "We hope to see you. ^Person."},
	{"em dash", "Ask us anytime! — Olivia", "Ask us anytime! — Person"},
	{"equals sign", "Can you send it again? = JJ", "Can you send it again? = Person"},
	{"regards", "Please wait for some time. Rgds,Amruta", "Please wait for some time. Rgds,Person"},
	{"bare name", "Have a good journey. Lewis", "Have a good journey. Person"},
	{"bare initials", "Please bear with us. AP", "Please bear with us. Person"},
	{"initials in Japanese", "ご了承くださいませ。 HM", "ご了承くださいませ。 Person"},
	{"hyphen in a word", "I have no Wi-Fi", ""},
	{"route", "My flight is LAS - ATL.", ""},
	{"route glued", "stuck on JFK-SFO", ""},
	{"emphasis", "I am so done *SIGH*", ""},
	{"correction", "*please", ""},
	{"24/7", "We are here 24/7", ""},
	{"or", "Is it on/off", ""},
	{"smiley", "what a day :-P", ""},
	{"last word", "Terrible service. Pathetic", ""},
	{"thanks at the end", "Can you check this? Thanks", ""},
	{"abbreviation at the end", "Please fix it. ASAP", ""},
	{"dash and a word", "still waiting - Thanks", ""},

	// Set off by commas, and anywhere.
	{"at the end", "We'd love to see you, Dana.", "We'd love to see you, Person."},
	{"in no list", "We're rooting for you, Tamsyne!", "We're rooting for you, Person!"},
	{"at the start", "Lauren, please send us a message", "Person, please send us a message"},
	{"given name in a sentence", "I spoke to Jennifer at the desk", "I spoke to Person at the desk"},
	{"with a family name", "Check with Anita Thakur, she knows", "Check with Person, she knows"},
	{"possessive", "Jennifer's answer was wrong", "Person's answer was wrong"},
	{"town and state", "I'm in Dayton, Ohio.", ""},
	{"town and letters", "I'm in Everett, WA", ""},
	{"city with a saint", "flying to San Antonio, again", ""},
	{"hurricane", "since Hurricane Irma", ""},
	{"street", "the shop on Carol Street", ""},
	{"adverb at the start", "Honestly, this is bad", ""},
	{"month", "It comes in May, they say", ""},

	// Introductions.
	{"my name is", "Hello my name is Dike McGee, I have a question", "Hello my name is Person, I have a question"},
	{"small letters", "my name is charles martin, 3238 w. street", "my name is Person, 3238 w. street"},
	{"equals", "Ticket 22, name = Mr. Olufemi", "Ticket 22, name = Person"},
	{"colon", "Full name: Jailson Ribeiro", "Full name: Person"},
	{"her name is", "Her name is Jory.", "Her name is Person."},
	{"what's in a name", "my name is spelled wrong", ""},
	{"another's name", "the company name is Bagport", ""},
	{"honorific", "Mr. Smith was rude", "Person was rude"},
	{"name behind a word for somebody", "Your agent Ruby helped my wife Joy Dunmore", "Your agent Person helped my wife Person"},
	{"no name behind a word for somebody", "my friend Will do it, the captain Delta sent, her mother Nature", ""},
	{"name in a hashtag", "so glad #AlanPardew is back", "so glad #Person is back"},
	{"name among the words of a hashtag", "#TeamBecky #KathleenNeedsAFlight", "#Person #Person"},
	{"name behind small letters in a hashtag", "#thanksGary", "#Person"},
	{"hashtag in small letters that begins with a name", "#beckyforpresident by #tonymemmel", "#Person by #Person"},
	{"family name among the words of a hashtag", "#ThanksObama #PattiLabelle", "#Person #Person"},
	{"family name in a hashtag of its own", "free Julian #Assange now", "free Person #Person now"},
	{"hashtag behind a name", "thanks Julian #Delta #GoBills", "thanks Person #Delta #GoBills"},
	{"hashtag in small letters of ordinary words", "#terribleservice #petrelief #christmasmusic", "#terribleservice #petrelief #christmasmusic"},
	{"hashtag of ordinary words", "#BigNightIn #CustomerService #MacysParade", "#BigNightIn #CustomerService #MacysParade"},
	{"hashtag of a storm or a saint", "#HurricaneNate #StormBrian #SantaRosaFires", "#HurricaneNate #StormBrian #SantaRosaFires"},
	{"capitals without a hashtag", "TeamKaren rocks", "TeamKaren rocks"},
	{"honorific without a stop", "Thank you Ms Okonkwo-Bell!", "Thank you Person!"},
	{"doctor and no name", "my Dr. appointment", ""},

	{"passenger name", "Passenger name Quorrin Vorrik, seat 4A", "Passenger name Person, seat 4A"},
	{"passenger names", "Passenger names: Ana Poe and Quorrin Vorrik", "Passenger names: Person and Person"},
	{"name at the start", "Name: Jailson Ribeiro | seat 4A", "Name: Person | seat 4A"},
	{"name of the booking", "The name on the booking is Tamsyne Vorrik", "The name on the booking is Person"},
	{"by the name of", "spoke to a man by the name of Quorrin", "spoke to a man by the name of Person"},
	{"family name with particles", "my name is Ana de Souza", "my name is Person"},
	{"name in capitals", "NAME IS TAMSYNE VORRIK", "NAME IS Person"},
	{"in Italian", "mi chiamo Quorrin", "mi chiamo Person"},
	{"in German", "Ich heiße Quorrin", "Ich heiße Person"},
	{"in Portuguese", "Meu nome é Quorrin", "Meu nome é Person"},
	{"booked under", "it is booked under Vorrik", "it is booked under Person"},
	{"booked under a title", "It's booked under Mr Vorrik", "It's booked under Person"},
	{"reservation under", "we have a reservation under Tamsyne Vorrik for 2", "we have a reservation under Person for 2"},
	{"under the name of", "reservation under the name of Quorrin Vorrik", "reservation under the name of Person"},
	{"under a tariff", "it was booked under Risk-Free Cancellation", ""},
	{"under warranty", "a ticket under Warranty terms", ""},
	{"ask for", "Call the shop and ask for Quorrin.", "Call the shop and ask for Person."},
	{"ask for a thing", "it keeps asking for Touch ID again", ""},
	{"wait for", "still waiting for April", ""},
	{"speaking", "Hi, this is Tamsyne speaking", "Hi, this is Person speaking"},
	{"this is, here", "this is Quorrin here, any news?", "this is Person here, any news?"},
	{"this is a name that is a word", "this is Will here", "this is Person here"},
	{"name and here", "Grace here, I can look into that", "Person here, I can look into that"},
	{"nobody here", "Terrible service here, as ever", ""},
	{"this is bad", "this is Terrible. Here we go", ""},
	{"I'm", "Hi, I'm Grace and I can help", "Hi, I'm Person and I can help"},
	{"I’m with a curly apostrophe", "Hi, I’m Will.", "Hi, I’m Person."},
	{"I am", "I am Tonya Vorrik", "I am Person"},
	{"im in small letters", "hi im becky", "hi im Person"},
	{"I'm Happy", "I'm Happy with it, I'm Disappointed too", ""},
	{"honorific and capitals", "TOLD BY MR PHILIP MOORE TODAY", "TOLD BY Person TODAY"},
	{"three capitals", "the name is MS TAN GUAT CHENG", "the name is Person"},
	{"small honorific and capitals", "Mr. NGUYEN will fly", "Person will fly"},
	{"honorific and a particle", "Mrs van der Berg was kind", "Person was kind"},
	{"MS Office", "MS OFFICE and MS WORD fail", ""},
	{"initials behind an honorific", "Mr. J. Smith called", "Person called"},

	// Patterns.
	{"e-mail with an apostrophe", "o'neil@example.com is mine", "Email is mine"},
	{"e-mail of another script", "ivan@пример.испытание, josé@exämple.de", "Email, Email"},
	{"e-mail between kana", "メールはjo@example.comです", "メールはEmailです"},
	{"e-mail and a hyphen", "jo@example.com-thanks", "Email-thanks"},
	{"mailto", "mailto:jo@example.com", "mailto:Email"},
	{"spelled e-mail", "jo.doe (at) example.com or jo [at] example dot org", "Email or Email"},
	{"spelled e-mail at a provider", "write to becky99 at gmail dot com", "write to Email"},
	{"shop at", "I shop at example.com and at example dot com", ""},
	{"fictional phone", "Call me on +44 7700 900626.", "Call me on Phone."},
	{"extension", "ring 020 7946 0018 ext. 12 or 800-455-2720 x1", "ring Phone or Phone"},
	{"phone and a date", "on 2017-10-31 0344 493 0787", "on 2017-10-31 Phone"},
	{"phone and hours", "call 800-352-2746 (6:00 am)", "call Phone (6:00 am)"},
	{"phone and 24/7", "0344 493 0787 24/7", "Phone 24/7"},
	{"phones and a slash", "310-417-7274/7275", "Phone/Phone"},
	{"area code and a slash", "Tel 0171/1234567", "Tel Phone"},
	{"phone between kana", "フリーダイヤル：0120-999-373へ", "フリーダイヤル：Phoneへ"},
	{"full-width phone", "電話 ０１２０－９９９－３７３", "電話 Phone"},
	{"00 for the plus", "00 44 20 7946 0018", "Phone"},
	{"a leading zero alone", "still no answer 07700900123", "still no answer Phone"},
	{"toll-free behind an order", "about your refund: 877-350-0038", "about your refund: Phone"},
	{"number sign", "Phone # 800-433-7300", "Phone # Phone"},
	{"phone of an order", "my phone order 7546694660", ""},
	{"hours", "open 0800-2000 and 0900 1730", ""},
	{"score", "21-15 18-21 15-12", ""},
	{"thousands", "€ 1.299.000 or 10 000 000", ""},
	{"browser on a phone", "Chrome 61.0.3163.100 on my phone", ""},
	{"card and its expiry", "4111 1111 1111 1111 12/27", "Card 12/27"},
	{"card with dots", "card 3782.822463.10005", "card Card"},
	{"card behind an account", "not on my account. Number is 5555555555554444", "not on my account. Number is Card"},
	{"tracking number with a check digit", "tracking 4111111111111111", ""},
	{"IBAN in small letters", "gb82west12345698765432", "Iban"},
	{"IBAN with a space behind the country", "DE 89370400440532013000", "Iban"},
	{"IBAN with hyphens", "GB82-WEST-1234-5698-7654-32", "Iban"},
	{"almost an IBAN", "at 159 images uploading", ""},
	{"order code", "order LR2JBK marked delivered", "order Booking marked delivered"},
	{"reference is", "My ref is DT57N6.", "My ref is Booking."},
	{"police number", "police number is T0W9FB", "police number is Booking"},
	{"French", "numéro de réservation QKRRLH, dossier J9W8XV", "numéro de réservation Booking, dossier Booking"},
	{"Spanish", "mi número de referencia es XLP09E y nadie sabe nada", "mi número de referencia es Booking y nadie sabe nada"},
	{"Portuguese", "protocolo R6K2BY sem resposta", "protocolo Booking sem resposta"},
	{"Italian", "pratica PG1TAB, nessuna risposta", "pratica Booking, nessuna risposta"},
	{"German", "wie storniere ich X7W0WV? Vorgang LD6FPB", "wie storniere ich Booking? Vorgang Booking"},
	{"Japanese", "番号は CXF76D です", "番号は Booking です"},
	{"shouting", "BOOKING REF LHTREW", "BOOKING REF Booking"},
	{"code before its noun", "P7QVCY is my reference number", "Booking is my reference number"},
	{"flight of an order", "my ref is BA1372, order 500GB", ""},
	{"voucher", "code VKLJT24 says invalid", ""},
	{"stops", "itinerary is 2stops", ""},
	{"booking agency", "THROUGH A BOOKING AGENCY", ""},
	{"order of letters alone", "order LHTREW", ""},
	{"model number", "model number KD55XE", ""},
	{"e-mail", "Write to jo.doe+x@mail.example.co.uk.", "Write to Email."},
	{"e-mail in brackets", "(jo@example.com)", "(Email)"},
	{"no e-mail", "meet @ 5, a@b, @example.com", ""},
	{"phone", "Please call 800-433-7300.", "Please call Phone."},
	{"phone in brackets", "Call us at (800) 435-9792 now", "Call us at Phone now"},
	{"phone with country", "or +44 20 7946 0018?", "or Phone?"},
	{"phone with zero in brackets", "dial +44 (0)20 7946 0018", "dial Phone"},
	{"phone with dots", "that's 888.884.4950 24/7", "that's Phone 24/7"},
	{"mobile in one piece", "my number is 07700900123", "my number is Phone"},
	{"phone glued to its label", "Mobile:9561518691 please", "Mobile:Phone please"},
	{"card", "my card 4111 1111 1111 1111 was charged", "my card Card was charged"},
	{"card in one piece", "5555555555554444", "Card"},
	{"American Express", "378282246310005 or 3782 822463 10005", "Card or Card"},
	{"IBAN", "to DE89 3704 0044 0532 0130 00 please", "to Iban please"},
	{"IBAN in one piece", "GB82WEST12345698765432", "Iban"},
	{"booking", "Booking ref: L9YWHW please", "Booking ref: Booking please"},
	{"locator", "My record locator is SEFAPF", "My record locator is Booking"},
	{"small letters", "conf # j2inyh", "conf # Booking"},
	{"two bookings", "Confirmation #'s AB12CD and XY34ZQ", "Confirmation #'s Booking and Booking"},
	{"wrong check digit", "4111 1111 1111 1112", ""},
	{"wrong IBAN", "DE88 3704 0044 0532 0130 00", ""},
	{"order number", "order number 5551234567", ""},
	{"order with dashes", "order 113-5551234-9876543", ""},
	{"case", "Case 16934380 is still open", ""},
	{"price", "I paid $1,234,567.89 and £4155552671", ""},
	{"time", "from 10:30 to 11:45 on 2017-10-31", ""},
	{"flight", "flight BA1372 and DL 2208 2209", ""},
	{"version", "Spotify 8.4.23.784 on iOS 11.0.3", ""},
	{"address of a machine", "ping 100.41.128.86 fails", ""},
	{"tracking", "tracking # 9400110898825022579493", ""},
	{"years", "since 2016-2017", ""},
	{"number in a link", "see <url>", ""},
	{"booking without a code", "my booking was cancelled", ""},
	{"booking and a flight", "my booking BA1372", ""},
	{"booking and shouting", "booking PLEASE", ""},

	// Anything else.
	{"empty", "", ""},
	{"only punctuation", "...?!", ""},
	{"invalid UTF-8 around", "\xff Hi Liz, \xc3", "\xff Hi Person, \xc3"},
	{"right-to-left around", "שלום Hi Liz, שלום", "שלום Hi Person, שלום"},
	{"joined emoji around", "👩‍👩‍👧 ^Kim 👩‍👩‍👧", "👩‍👩‍👧 ^Person 👩‍👩‍👧"},
	{"combining marks", "Hi Jose\u0301, hola", "Hi Person, hola"},
	{"what was replaced stays", "Hi Person, call Phone or write to Email. -Person", ""},
}

func TestRules(t *testing.T) {
	a := rulesAlone(t)
	for _, c := range ruleCases {
		t.Run(c.name, func(t *testing.T) {
			want := c.want
			if want == "" {
				want = c.text
			}
			if r := one(t, a, c.text); r.Text != want {
				t.Errorf("%q became\n%q, want\n%q (spans %+v)", c.text, r.Text, want, r.Spans)
			}
		})
	}
}

func BenchmarkRules(b *testing.B) {
	a := rulesAlone(b)
	tweets := make([]string, 0, len(ruleCases))
	for _, c := range ruleCases {
		tweets = append(tweets, c.text+" We would be happy to look into this for you, please send us a message with your details")
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.rules.Recognize(context.Background(), tweets); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(tweets))/b.Elapsed().Seconds(), "tweets/s")
}

// A role's word that the rules cannot meet in a text would be no rule at all.
func TestRolesAreWords(t *testing.T) {
	for _, list := range roles {
		for _, s := range strings.Fields(list) {
			var cut tweet
			if cut.scan(s, nil); len(cut.words) != 1 || cut.words[0].possessive || key(s, cut.words[0]) != s {
				t.Errorf("%q is not one folded word", s)
			}
		}
	}
}
