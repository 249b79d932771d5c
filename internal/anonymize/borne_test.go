package anonymize

import "testing"

func TestNamesThatAreBrands(t *testing.T) { testRules(t, brandNames) }

var brandNames = []ruleCase{
	// Introductions.
	{"my name is", "my name is Alexa", "my name is Person"},
	{"my name is, a company", "My name is Delta and I need help", "My name is Person and I need help"},
	{"my name's", "my name's Mercedes", "my name's Person"},
	{"his name is", "His name is Ford.", "His name is Person."},
	{"name:", "Name: Alexa Smith", "Name: Person"},
	{"named", "the agent named Chase helped", "the agent named Person helped"},
	{"this is, from", "this is Chase from billing", "this is Person from billing"},
	{"this is, with", "This is Mercedes with Acme", "This is Person with Acme"},
	{"this is, here", "this is Alexa here", "this is Person here"},
	{"from support", "Mercedes from support was great", "Person from support was great"},
	{"from your team", "Chase from your fraud team", "Person from your fraud team"},
	{"I'm, and I can", "Hi, I'm Dell and I can help", "Hi, I'm Person and I can help"},
	{"I'm, and I'll", "I’m Chase and I’ll look into it", "I’m Person and I’ll look into it"},
	{"I'm, alone", "I'm Mercedes.", "I'm Person."},
	{"I'm, from", "I'm Mercedes from support", "I'm Person from support"},
	{"I am, your agent", "I am Alexa, your agent today", "I am Person, your agent today"},
	{"honorific", "Mr. Chase and Mrs Ford called", "Person and Person called"},
	{"sign-off", "Thanks for waiting. -Alexa", "Thanks for waiting. -Person"},

	// Greetings.
	{"thanks behind", "Hi Alexa, thanks for the help", "Hi Person, thanks for the help"},
	{"thanks behind, no comma", "Hi Mercedes thanks for the help", "Hi Person thanks for the help"},
	{"how can we", "Hi Mercedes, how can we help?", "Hi Person, how can we help?"},
	{"how are you", "Good morning Alexa, how are you?", "Good morning Person, how are you?"},
	{"sorry to hear", "Hi Delta, we're sorry to hear that", "Hi Person, we're sorry to hear that"},
	{"apologies", "Hello Siri! We apologize for the delay", "Hello Person! We apologize for the delay"},
	{"reaching out", "Hi Ford, thanks for reaching out", "Hi Person, thanks for reaching out"},

	// Relations.
	{"wife", "my wife Alexa cannot log in", "my wife Person cannot log in"},
	{"a brand of a name", "my daughter Tesla cannot log in", "my daughter Person cannot log in"},
	{"I'm, and my", "I'm Chase and my card is broken", "I'm Person and my card is broken"},
	{"son", "my son Chase cannot log in", "my son Person cannot log in"},
	{"daughter, a company", "my daughter Delta's flight", "my daughter Person's flight"},
	{"husband, a verb in -ed", "my husband Ford booked it", "my husband Person booked it"},
	{"between commas", "my wife, Alexa, cannot log in", "my wife, Person, cannot log in"},
	{"in brackets", "my son (Chase) is waiting", "my son (Person) is waiting"},
	{"behind the name", "Alexa, my wife, cannot log in", "Person, my wife, cannot log in"},
	{"agent", "your agent Alexa was rude", "your agent Person was rude"},
	{"a place", "my sister Georgia lives there", "my sister Person lives there"},
	{"a month", "my wife April cannot log in", "my wife Person cannot log in"},

	// The brands.
	{"a customer of", "I'm Apple customer for years", ""},
	{"a member of", "I'm Delta Platinum and I'm Apple all the way", ""},
	{"a company without service", "I'm Sprint and I can't call", ""},
	{"a company greeted", "Hi Delta, my flight is late", ""},
	{"a company greeted and thanked", "Hi Delta, thanks for the help", ""},
	{"a company greeted and asked", "Hi Ally, how can I get help", ""},
	{"a company greeted by a customer who is sorry", "Hi Marriott, I'm sorry but this is bad", ""},
	{"a company greeted dearly", "Dear Virgin, why is it late", ""},
	{"a device", "Hey Alexa, play something", ""},
	{"a device, asked", "Hey Siri, what time is it?", ""},
	{"a device, without a greeting", "Alexa, turn on the lights", ""},
	{"a device from support", "I got an Alexa from support", ""},
	{"somebody's car", "my daughter Tesla is charging and my son Nintendo broke", ""},
	{"a customer of", "I'm Verizon and my phone is broken", ""},
	{"somebody's account", "my wife Chase account and my son Xbox", ""},
	{"somebody's car", "my husband Ford truck", ""},
	{"somebody's phone", "my mom Verizon phone, my daughter Apple ID", ""},
	{"a friend's wish", "my friend Will do it", ""},
	{"a captain of", "the captain Delta sent", ""},
	{"with somebody, on a flight", "home with my gf Delta ✈️", ""},
	{"support of a company", "Apple from support", ""},
	{"a company of last week", "this is Delta from last week", ""},
	{"what a company is called", "the company name is Apple", ""},
	{"alone", "Mercedes is a car, Chase a bank", ""},
}

// A company of the dataset is never a person's name.
func TestCompaniesOfTheDatasetAreNoNames(t *testing.T) {
	a, err := New(Options{Allow: []string{"Chase"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"my name is Chase", "Hi Chase, we're sorry to hear that", "my son Chase cannot log in", "Mr. Chase called"} {
		if got := one(t, a, s).Text; got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}
