package speech

import "strings"

// languages are those that Whisper knows, by the names that it has for them
// (openai/whisper, whisper/tokenizer.py). Its code for Javanese, "jw", is not that of
// ISO 639-1.
var languages = func() map[string]string {
	named := map[string]string{}
	for pair := range strings.FieldsSeq(`
		en:english zh:chinese de:german es:spanish ru:russian ko:korean fr:french ja:japanese pt:portuguese tr:turkish pl:polish ca:catalan
		nl:dutch ar:arabic sv:swedish it:italian id:indonesian hi:hindi fi:finnish vi:vietnamese he:hebrew uk:ukrainian el:greek ms:malay
		cs:czech ro:romanian da:danish hu:hungarian ta:tamil no:norwegian th:thai ur:urdu hr:croatian bg:bulgarian lt:lithuanian la:latin
		mi:maori ml:malayalam cy:welsh sk:slovak te:telugu fa:persian lv:latvian bn:bengali sr:serbian az:azerbaijani sl:slovenian kn:kannada
		et:estonian mk:macedonian br:breton eu:basque is:icelandic hy:armenian ne:nepali mn:mongolian bs:bosnian kk:kazakh sq:albanian
		sw:swahili gl:galician mr:marathi pa:punjabi si:sinhala km:khmer sn:shona yo:yoruba so:somali af:afrikaans oc:occitan ka:georgian
		be:belarusian tg:tajik sd:sindhi gu:gujarati am:amharic yi:yiddish lo:lao uz:uzbek fo:faroese ps:pashto tk:turkmen nn:nynorsk
		mt:maltese sa:sanskrit lb:luxembourgish my:myanmar bo:tibetan tl:tagalog mg:malagasy as:assamese tt:tatar ln:lingala ha:hausa
		ba:bashkir jv:javanese su:sundanese my:burmese ca:valencian nl:flemish lb:letzeburgesch ps:pushto pa:panjabi ro:moldavian
		ro:moldovan si:sinhalese es:castilian zh:mandarin zh:cantonese`) {
		code, name, _ := strings.Cut(pair, ":")
		named[name], named[code] = code, code
	}
	named["haitian creole"], named["haitian"], named["ht"], named["jw"] = "ht", "ht", "ht", "jv"
	return named
}()

// languageCode returns the code of ISO 639-1 for a code, a tag such as de-DE or a name,
// whatever its case; "" for what is none of those. So nothing else that a recognizer
// says in this place goes further.
func languageCode(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if code := languages[s]; code != "" {
		return code
	}
	primary, _, _ := strings.Cut(strings.ReplaceAll(s, "_", "-"), "-")
	return languages[primary]
}
