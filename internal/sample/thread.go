package sample

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// tweet is one tweet of a thread.
type tweet struct {
	id int64
	// from is the company that wrote it, nil for a customer.
	from     *company
	customer int
	created  time.Time
	// text carries marks.
	text     string
	parent   *tweet
	children []*tweet
	// lost tweets are named by others but are not in the file.
	lost bool
	// elsewhere is how many more answers it had than are known.
	elsewhere int
	// touched tweets have had something planted, and get nothing else.
	touched bool
}

// sound tweets are in the file, as they were written.
func (t *tweet) sound() bool { return !t.lost && !t.touched }

// thread is a root tweet and all that answers it, in the order written.
type thread []*tweet

// writer makes up threads.
type writer struct {
	voice
	// lottery holds every company as often as it weighs.
	lottery      []*company
	nextCustomer int
	now          time.Time
}

// scene is what stays the same through a thread.
type scene struct {
	topic  topic
	habits habits
	agent  agent
}

// How threads come apart and together. The real file was measured for the
// first four: half of all rows are by companies, three of ten named parents
// are missing, one parent in forty has several answers.
const (
	loneAgent  = 0.52 // of an exchange, only the company's answer is there
	tailOnly   = 0.10 // the beginning is lost
	holeInside = 0.03 // a tweet in the middle is lost
	fork       = 0.03 // of answers, have a second one beside them

	noCompany   = 0.014 // nobody of a company answers or is mentioned
	misdirected = 0.014 // the customer got the wrong company
	handedOver  = 0.025
	bothAsked   = 0.02
	betweenThem = 0.012 // one company's agent writes to another's
	announced   = 0.005 // begins with a company's tweet to all
)

// newThread writes a thread of one of the kinds above.
func (w *writer) newThread() thread {
	w.cast(choose(&w.voice, w.lottery))
	s := scene{topic: w.topic(), habits: w.habits()}
	s.agent = choose(&w.voice, w.company.agents)
	w.agentName = s.agent.name

	var t thread
	switch kind := w.Float64(); {
	case kind < noCompany:
		t = w.monologue(s)
	case kind < noCompany+announced:
		return w.announcement()
	case kind < noCompany+announced+misdirected:
		t = w.wrongDoor(s)
	case kind < noCompany+announced+misdirected+handedOver:
		t = w.handover(s)
	case kind < noCompany+announced+misdirected+handedOver+bothAsked:
		t = w.askBoth(s)
	case kind < noCompany+announced+misdirected+handedOver+bothAsked+betweenThem:
		t = w.agentToAgent(s)
	default:
		t = w.carryOn(thread{w.opening(s)}, s, w.turns())
		w.fray(t)
	}
	return t
}

// cast decides who takes part in a thread.
func (w *writer) cast(c *company) {
	w.company = c
	w.lang = choose(&w.voice, c.languages)
	// Customers of any company may write in any language, if seldom.
	if w.chance(0.005) {
		w.lang = choose(&w.voice, languages)
	}
	w.nextCustomer++
	w.customer = w.nextCustomer
	w.you, w.staff = w.word("first"), w.word("first")
	w.now = w.now.Add(time.Duration(20+w.IntN(900)) * time.Second)
	for w.other = nil; w.other == nil || w.other == c; {
		w.other = choose(&w.voice, w.lottery)
	}
	w.rival = w.other
	for range 60 {
		if candidate := choose(&w.voice, w.lottery); candidate != c && candidate.sector == c.sector {
			w.rival = candidate
			break
		}
	}
}

// turns is how many tweets an exchange has: two as a rule, seldom many.
func (w *writer) turns() int {
	n := [...]int{1, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 6, 6, 8}[w.IntN(20)]
	if w.chance(0.004) {
		n = 15 + w.IntN(25)
	}
	return n
}

// opening is a customer's first tweet.
func (w *writer) opening(s scene) *tweet {
	body := w.on(s.topic, "open")
	if w.chance(0.4) {
		body += ". " + w.on(s.topic, "more")
	}
	if w.chance(0.4) {
		body += ". " + w.say("customer.own")
	}
	if w.lang == "en" && w.chance(0.28) {
		body += ". " + w.say("customer.brand")
	}
	text := w.frame(body)
	return w.post(nil, nil, w.typed(text, s.habits))
}

// frame puts a body into the sentence around it, with the mention.
func (w *writer) frame(body string) string {
	w.body = body
	return w.say("customer.first")
}

// wrongDoor is a tweet that some other company should have got; the one that
// got it answers.
func (w *writer) wrongDoor(s scene) thread {
	w.company, w.other = w.other, w.company
	s.topic = w.topic()
	body := w.on(s.topic, "open")
	w.swap()
	root := w.post(nil, nil, w.typed(w.frame(body), s.habits))
	if w.chance(0.3) {
		return w.carryOn(thread{root}, s, 2) // and does not notice
	}
	text := w.say("agent.wrong")
	if w.has("house") && w.chance(0.4) {
		text += " " + w.say("house")
	}
	if hello := w.say("agent.hello"); w.chance(saysHello) && hello != "" {
		text = hello + " " + text
	}
	return thread{root, w.post(root, w.company, w.address(capitals(text), s))}
}

// post adds a tweet; from nil is the thread's customer.
func (w *writer) post(parent *tweet, from *company, text string) *tweet {
	w.now = w.now.Add(time.Duration(40+w.IntN(2400)) * time.Second)
	t := &tweet{from: from, customer: w.customer, created: w.now, text: text, parent: parent}
	if parent != nil {
		parent.children = append(parent.children, t)
	}
	return t
}

// carryOn goes back and forth between the customer and an agent, from a
// thread's last tweet on, for n-1 turns.
func (w *writer) carryOn(t thread, s scene, n int) thread {
	for turn := 1; turn < n; turn++ {
		parent := t[len(t)-1]
		if parent.from == nil {
			t = w.answer(t, parent, s, turn, turn+2 >= n)
		} else {
			t = w.followUp(t, parent, s, turn+2 >= n)
		}
		if w.chance(0.06) {
			s.agent = choose(&w.voice, w.company.agents)
			w.agentName = s.agent.name
		}
	}
	return t
}

// answer adds an agent's answer, at times in two parts, or two agents'.
func (w *writer) answer(t thread, parent *tweet, s scene, turn int, last bool) thread {
	if turn == 1 && w.chance(0.025) {
		t = w.chimeIn(t, parent, s)
	}
	text := w.agentText(s, turn, last)
	if w.chance(fork) {
		t = append(t, w.post(parent, w.company, w.address(text+" 1/2", s)))
		return append(t, w.post(parent, w.company, w.address(w.agentText(s, turn+1, last)+" 2/2", s)))
	}
	return append(t, w.post(parent, w.company, w.address(text, s)))
}

// followUp adds what the customer says to an answer.
func (w *writer) followUp(t thread, parent *tweet, s scene, last bool) thread {
	text := w.customerText(s, last)
	if w.chance(fork) {
		t = append(t, w.post(parent, nil, w.typed("@"+parent.from.handle+" "+w.say("customer.short"), s.habits)))
	}
	mention := "@" + parent.from.handle + " "
	if w.chance(0.03) {
		mention += "@" + w.other.handle + " "
	}
	return append(t, w.post(parent, nil, w.typed(mention+text, s.habits)))
}

// chimeIn lets strangers join; some get an answer.
func (w *writer) chimeIn(t thread, root *tweet, s scene) thread {
	me := w.customer
	for range 1 + w.IntN(3) {
		w.nextCustomer++
		w.customer = w.nextCustomer
		reply := w.post(root, nil, "@"+strconv.Itoa(me)+" @"+w.company.handle+" "+w.say("chime"))
		t = append(t, reply)
		if w.chance(0.3) {
			a := choose(&w.voice, w.company.agents)
			t = append(t, w.post(reply, w.company, w.address(w.agentText(scene{topic: s.topic, agent: a}, 1, true), scene{agent: a})))
		}
	}
	w.customer = me
	return t
}

// customerText is a follow-up without its mention.
func (w *writer) customerText(s scene, last bool) string {
	p := w.Float64()
	switch {
	case last && p < 0.4:
		return w.say("customer.thanks")
	case p < 0.5:
		return w.on(s.topic, "more")
	case p < 0.62:
		return w.on(s.topic, "more") + ". " + w.say("customer.angry")
	case p < 0.85:
		return w.say("customer.short")
	}
	return w.say("customer.angry")
}

// How an agent's tweet is put together.
const (
	saysHello    = 0.75
	saysSorry    = 0.45
	saysHouse    = 0.9
	saysBrand    = 0.26
	asksTopic    = 0.60
	goesUnsigned = 0.08
)

// cheerful topics need no apology.
var cheerful = map[string]bool{"praise": true, "joke": true, "hype": true}

// agentText is an agent's tweet without mention and signature.
func (w *writer) agentText(s scene, turn int, last bool) string {
	var says []string
	add := func(p float64, rule func() string) {
		if w.chance(p) {
			if text := rule(); text != "" {
				says = append(says, text)
			}
		}
	}
	rule := func(name string) func() string { return func() string { return w.say(name) } }
	onTopic := func() string { return w.on(s.topic, "agent") }

	switch {
	case turn == 1:
		add(saysHello, rule("agent.hello"))
		if !cheerful[s.topic.name] {
			add(saysSorry, rule("agent.sorry"))
		}
		if w.chance(asksTopic) {
			add(1, onTopic)
			add(0.3, rule("agent.ask"))
		} else {
			add(1, rule("agent.ask"))
		}
	case last && w.chance(0.5):
		add(1, rule("agent.bye"))
	default:
		add(0.3, rule("agent.hello"))
		add(0.6, rule("agent.next"))
		add(0.4, onTopic)
	}
	if w.has("house") {
		add(saysHouse, rule("house"))
		add(saysBrand, rule("agent.brand"))
	} else {
		add(saysHouse, rule("agent.brand"))
	}
	if len(says) == 0 {
		says = append(says, w.say("agent.next"))
	}
	return capitals(strings.Join(says, " "))
}

// capitals begins sentences with capitals, as agents do.
func capitals(text string) string {
	out := []byte(text)
	start := true
	for i, c := range out {
		switch {
		case start && c >= 'a' && c <= 'z':
			if !strings.HasPrefix(text[i:], "http") {
				out[i] -= 'a' - 'A'
			}
			start = false
		case c == '.' || c == '!' || c == '?':
			start = i+1 < len(out) && out[i+1] == ' '
		case c != ' ':
			start = false
		}
	}
	return string(out)
}

// address puts mention and signature around an agent's text, and cuts what
// Twitter's limit would have cut.
func (w *writer) address(text string, s scene) string {
	const limit = 272
	if !w.chance(goesUnsigned) {
		text += s.agent.signature
	}
	if visible(text) > limit {
		text = cut(text, 110) + "... " + w.link()
	}
	return "@" + strconv.Itoa(w.customer) + " " + text
}

// cut shortens a marked text to whole words, and no detail halved.
func cut(text string, limit int) string {
	end, inside := 0, false
	for i := range min(limit, len(text)) {
		switch c := text[i]; {
		case isMark(c):
			inside = c != closing
		case c == ' ' && !inside:
			end = i
		}
	}
	return text[:end]
}

// monologue is a customer who addresses no company that is known: whom they
// mention is a number.
func (w *writer) monologue(s scene) thread {
	somebody := strconv.Itoa(w.nextCustomer - w.IntN(40))
	text := strings.ReplaceAll(w.frame(w.on(s.topic, "open")), "@"+w.company.handle, "@"+somebody)
	t := thread{w.post(nil, nil, w.typed(text, s.habits))}
	for range w.IntN(3) {
		t = append(t, w.post(t[len(t)-1], nil, "@"+somebody+" "+w.typed(w.say("customer.short"), s.habits)))
	}
	return t
}

// announcement is a company's tweet to all, with answers, most of which are
// not in the file.
func (w *writer) announcement() thread {
	root := w.post(nil, w.company, w.say("broadcast"))
	root.elsewhere = 3 + w.IntN(60)
	if w.chance(0.2) {
		root.elsewhere += 150
	}
	t := thread{root}
	for range 2 + w.IntN(12) {
		w.nextCustomer++
		w.customer = w.nextCustomer
		reply := w.post(root, nil, w.typed("@"+w.company.handle+" "+w.say("chime"), w.habits()))
		t = append(t, reply)
		if w.chance(0.35) {
			a := choose(&w.voice, w.company.agents)
			t = append(t, w.post(reply, w.company, w.address(w.agentText(scene{topic: w.topic(), agent: a}, 2, false), scene{agent: a})))
		}
	}
	return t
}

// handover sends the customer on to another company, which answers.
func (w *writer) handover(s scene) thread {
	t := w.carryOn(thread{w.opening(s)}, s, 2)
	w.other = w.partner()
	t = append(t, w.post(t[0], w.company, w.address(w.say("agent.handover"), s)))
	asked := w.post(t[len(t)-1], nil, w.typed("@"+w.company.handle+" @"+w.other.handle+" "+w.customerText(s, false), s.habits))
	t = append(t, asked)
	w.swap()
	a := choose(&w.voice, w.company.agents)
	return w.carryOn(t, scene{topic: s.topic, habits: s.habits, agent: a}, 2+w.IntN(3))
}

// askBoth is a tweet to two companies; both answer.
func (w *writer) askBoth(s scene) thread {
	w.other = w.partner()
	root := w.opening(s)
	root.text += " @" + w.other.handle
	t := w.answer(thread{root}, root, s, 1, false)
	w.swap()
	a := choose(&w.voice, w.company.agents)
	return w.answer(t, root, scene{topic: s.topic, habits: s.habits, agent: a}, 2, false)
}

// agentToAgent lets one company's agent call on another's.
func (w *writer) agentToAgent(s scene) thread {
	w.other = w.partner()
	t := thread{w.opening(s)}
	for range 2 {
		call := "@" + w.other.handle + " " + w.say("agent.toagent") + " " + w.agentText(s, len(t), false) + s.agent.signature
		t = append(t, w.post(t[len(t)-1], w.company, call))
		w.swap()
		s.agent = choose(&w.voice, w.company.agents)
	}
	return t
}

// partner is a company that the thread's company may hand over to: one that
// answers in the same language.
func (w *writer) partner() *company {
	for range 60 {
		c := choose(&w.voice, w.lottery)
		if c != w.company && slices.Contains(c.languages, w.lang) {
			return c
		}
	}
	return w.other
}

// swap makes the other company the one that speaks.
func (w *writer) swap() { w.company, w.other = w.other, w.company }

// fray loses tweets of a thread, as the real file has.
func (w *writer) fray(t thread) {
	switch p := w.Float64(); {
	case p < loneAgent && len(t) >= 2:
		for _, x := range t {
			x.lost = true
		}
		for _, x := range t[1:] {
			if x.from != nil {
				x.lost = false
				return
			}
		}
	case p < loneAgent+tailOnly && len(t) >= 3:
		for _, x := range t[:1+w.IntN(len(t)-1)] {
			x.lost = true
		}
	case p < loneAgent+tailOnly+holeInside && len(t) >= 4:
		t[1+w.IntN(len(t)-2)].lost = true
	}
}
