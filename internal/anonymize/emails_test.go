package anonymize

import "testing"

func TestEmailsWithBlanks(t *testing.T) { testRules(t, spacedEmails) }

var spacedEmails = []ruleCase{
	{"around the @", "mail jane.doe @ example.com", "mail Email"},
	{"behind the @", "mail jane.doe@ example.com", "mail Email"},
	{"before the @, as before a mention", "mail jane.doe @example.com", "mail Email"},
	{"before the @, at a provider", "jane99 @hotmail.com please", "Email please"},
	{"around the @, at a provider", "jane_doe @ hotmail.co.uk", "Email"},
	{"around the @, announced", "my email is jane @ example.com", "my email is Email"},
	{"around the @, alone", "jane @ example.com", "Email"},
	{"around the @ and the dot", "tell jane @ example . com", "tell Email"},
	{"behind the dot", "jane.doe@gmail. com", "Email"},
	{"before the dot", "jane.doe@example .com", "Email"},
	{"around the dot", "jane.doe@example . com", "Email"},
	{"for the dot", "jane.doe@gmail com", "Email"},
	{"behind the last dot", "jane.doe@mail.example. com", "Email"},
	{"behind the last of two dots", "jane.doe@yahoo.co. uk please", "Email please"},
	{"behind both dots", "jane.doe@yahoo. co. uk", "Email"},
	{"two lines", "jane.doe@gmail.\ncom", "Email"},
	{"a sentence behind", "use jane.doe @ example.com. Thanks", "use Email. Thanks"},
	{"a sentence behind a slip", "jane.doe@gmail. com. It is late", "Email. It is late"},
	{"capitals", "JANE.DOE @ EXAMPLE.COM", "Email"},
	{"no end", "jane.doe@gmail", "Email"},

	{"a time", "meet @ 5 or @ 5.30pm", ""},
	{"a price", "2 @ 5.00 each, 3 @ 9.99", ""},
	{"a place", "lunch @ example.com today", ""},
	{"a shop", "I shop@ example.com and bought an iphone7 @ example.com", ""},
	{"a sentence behind a whole address", "jane@example.com. In the end", "Email. In the end"},
	{"a country behind a whole address", "jane@example.com, uk customer", "Email, uk customer"},
	{"a word behind a whole address", "jane@gmail.com com on", "Email com on"},
}

func TestEmailsWithCommas(t *testing.T) { testRules(t, commaEmails) }

var commaEmails = []ruleCase{
	{"for the dot", "jane.doe@gmail,com", "Email"},
	{"for the dot, any host", "jane@example,com", "Email"},
	{"for both dots", "jane.doe@yahoo,co,uk please", "Email please"},
	{"and a blank", "jane.doe@gmail, com", "Email"},
	{"behind one dot", "jane.doe@yahoo.co, uk", "Email"},
	{"two dots", "jane.doe@example..com", "Email"},
	{"semicolon", "jane.doe@gmail;com", "Email"},
	{"two addresses", "jane@example.com,john@example.org", "Email,Email"},
}

func TestEmailsWithOtherSigns(t *testing.T) { testRules(t, otherEmails) }

var otherEmails = []ruleCase{
	{"square brackets", "janedoe[@]example.com", "Email"},
	{"round brackets", "jane (@) example.com", "Email"},
	{"braces", "jane{@}example.com", "Email"},
	{"brackets and blanks", "jane [ @ ] example.com", "Email"},
	{"brackets around the dot", "jane[@]example[.]com", "Email"},
	{"full-width @", "jane.doe＠example.com", "Email"},
	{"full-width @ and letters", "ｊａｎｅ＠example.com", "Email"},
	{"full-width all of it", "ｊａｎｅ．ｄｏｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", "Email"},
	{"small @", "jane.doe﹫example.com", "Email"},
	{"two @", "jane@@example.com", "Email"},
	{"dot before the @", "jane.doe.@gmail.com", "Email"},
	{"quotation marks", `"jane doe"@example.com`, "Email"},
	{"angle brackets around", "<jane@example.com>", "<Email>"},
	{"mailto", "mailto: jane+tag@example.com.", "mailto: Email."},
	{"entity", "jane.doe&#64;example.com", "Email"},

	{"word in brackets", "jane(at)example(dot)com", "Email"},
	{"word in square brackets", "jane [at] example [dot] com", "Email"},
	{"word in brackets and a comma", "jane(at)gmail,com", "Email"},
	{"word and a blank behind the dot", "jane(at)gmail. com", "Email"},
	{"words in capitals", "jane AT example DOT com", "Email"},
	{"words", "jane at gmail dot com", "Email"},
	{"word for the dot", "jane.doe@gmail dot com", "Email"},
	{"word in brackets for the dot", "jane.doe@gmail(dot)com", "Email"},
	{"Spanish words", "jane arroba gmail punto com", "Email"},
	{"words and underscores", "jane_at_gmail_dot_com", "Email"},
	{"word and hyphens", "jane-at-gmail.com", "Email"},

	{"words of a sentence", "we met at example dot com", ""},
	{"words and hyphens of a sentence", "a stay-at-home.com idea", ""},
	{"words and underscores of a name", "stay_at_home_dot", ""},
}

// What is no address is a mention still, of which nothing is left.
func TestMentionsAreNoEmails(t *testing.T) { testRules(t, mentions) }

var mentions = []ruleCase{
	{"a word behind", "@AcmeAir com flight delayed", "com flight delayed"},
	{"a host", "Thanks @AcmeAir.com you rock", "Thanks .com you rock"},
	{"a host behind mail", "Email me @acme.com", "Email me .com"},
	{"a provider", "my gmail @gmail is down", "my gmail is down"},
	{"glued, and a sentence", "thanks@AcmeHelp. In the end", "thanks. In the end"},
	{"glued, and a comma", "thanks@AcmeHelp, in the end", "thanks, in the end"},
	{"glued, and a word", "thanks@AcmeHelp com on", "thanks com on"},
	{"behind initials", "J.D. @AcmeHelp is late", "J.D. is late"},
	{"behind a version", "v1.2 @AcmeHelp. It fails", "v1.2 . It fails"},
	{"behind a quotation", `said "hello" @AcmeHelp now`, `said "hello" now`},
	{"glued to a quotation", `"great"@AcmeHelp thanks`, `"great" thanks`},
	{"full-width", "thanks＠AcmeHelp, com", "thanks, com"},
	{"behind contact", "contact us @AcmeHelp. me too", "contact us . me too"},
	{"two", "@a@b.com", ".com"},
}
