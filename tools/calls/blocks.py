"""The blocks that scripts are put together from: turns of the agent (a) and of the
customer (c). Of each kind the even ones are for tuning and the odd ones are held out.

Places: N, F, L the customer's full, first and last name, A the agent's first name, T a
third person, SL and SF the last and first name spelled; PHONE and so on the details;
CO, PROD, AMT, TIME, MON, QTY, CITY what is none.
"""


def block(text):
    return [tuple(line.strip().split(": ", 1)) for line in text.strip().splitlines()]


def blocks(text):
    return [block(b) for b in text.strip().split("\n\n")]


EN = {
    "open": """
a: Thank you for calling {CO}, this is {A}. How can I help you today?
c: Hi {A}, my name is {N} and I've got a problem with my order.
a: I'm sorry to hear that, {F}. Let me have a look.

a: Good morning, {CO} customer care, you're speaking with {A}. Who do I have on the line?
c: Oh hello, this is {N} here. I was hoping you could help me.
a: Of course, I will do my best {F}.

a: Hello, {A} speaking, how may I help?
c: Yes, hello. I need some help with my account please.
a: Certainly. Can I take your name please?
c: It's {N}.
a: Thank you {F}, and is that your own account?
c: Yes it is.

a: {CO} support, good afternoon.
c: Good afternoon. I'd like to sort something out about my contract.
a: Sure, may I ask who's calling?
c: {N}.
a: Lovely, thanks for that {F}. Bear with me one moment.

a: Hi there, you're through to {A} at {CO}, what can I do for you?
c: Hi, I've been waiting for ages. I called last week already and nobody got back to me.
a: Oh I do apologise. Could you give me your full name so I can find you?
c: Sure, {F}, and the surname is {L}.
a: Thank you, Mr {L}, I can see it now.

a: Welcome to {CO}, {A} here. How are you today?
c: Not too bad, thanks. I'm ringing about a letter that you sent me.
a: Okay, no problem at all. What's the name on the letter?
c: It says {N}.
a: Right, I have found you, Mrs {L}.

a: Thanks for holding, I'm {A} from the billing team. Could I start with your first and last name?
c: Yeah, {N}.
a: Perfect. And how can I help you, {F}?

a: {CO}, {A} speaking.
c: Hello {A}, I'm calling because my payment has not gone through. The account is under {N}.
a: Alright {F}, let me pull that up for you.

a: Good evening, thanks for calling {CO}. Before we start, may I have your name?
c: Um, yes, sorry, it's {L}. {N}.
a: That's great, thank you Ms {L}.

a: Hello and thank you for waiting. My name's {A}. And you are?
c: {N}. I spoke with someone this morning.
a: I see, {F}. Let me check the notes.

c: Hello? Is that {CO}?
a: Yes it is, you're talking to {A}. Whom am I speaking with please?
c: My name's {F}, {N}.
a: Nice to meet you, {F}. What is it about?

c: Hi, is this the right number for {CO}?
a: It is, I'm {A}. What was your name, sorry?
c: Yeah, I'm {N}, I moved house and I want to change my details.
a: Okay {F}, that should be quick.
""",
    "plain_open": """
a: Thank you for calling {CO}, how can I help?
c: Hi, I just have a quick question about your opening hours in {MON}.

a: Hello, {CO} customer service.
c: Hello. I wonder whether I may bring {QTY} bags on board.

a: Good morning, what can I do for you?
c: I will be in {CITY} next month and I'd like to know whether the shop is open.

a: {CO}, good afternoon, how may I help you?
c: Could you tell me what {PROD} costs at the moment?
""",
    "spell": """
a: Could you spell that for me please?
c: Yes, it's {SL}.
a: Great, thank you, {L}.

a: How do you spell your last name?
c: {SL}.
a: And the first name?
c: {SF}.
a: Okay, got it.

a: Sorry, I didn't catch that. Is that with a K?
c: No, {L}, that's {SL}.
a: Thank you very much.

a: Would you mind spelling the surname?
c: Not at all. {SL}.
a: So that's {L}, right?
c: Exactly.

a: Can you spell both names please?
c: First name {SF}, and then {SL}.
a: Thank you.

a: I'm struggling to find you. How is that written?
c: It's {L}. {SL}. People always get that wrong.
a: Ah, there you are.
""",
    "problem": """
c: The thing is, I ordered {PROD} back in {MON} and it never arrived.
a: Okay, that is not good. When was it meant to come?
c: Three weeks ago. The tracking page still says it will be delivered by {TIME}.

c: My bill went up to {AMT} and I don't understand why.
a: Let me see. It looks like your discount ended in {MON}.
c: Nobody told me that. It used to be {AMT}.

c: The internet keeps dropping every evening, about {QTY} times an hour.
a: Have you tried turning the router off and on again?
c: Yes, of course, and {PROD} has the same problem.

c: I was charged twice for the same thing, {AMT} each time.
a: I understand, that must be frustrating. I can see both payments here.
c: So will I get the money back before the end of {MON}?

c: My flight to {CITY} was cancelled and I had to take the train instead.
a: I am really sorry about that. Did you keep the receipt?
c: Yes, it was {AMT}, plus {QTY} coffees.

c: The parcel was left out in the rain and everything in it is soaked.
a: That should not have happened. What was in it?
c: It was {PROD}, and it does not even switch on.

c: I want to cancel, I have found a better offer with Virgin and they said it would be quick.
a: I'd hate to see you go. May I ask what they offered?
c: It's {AMT} a month for the first {QTY} months.

c: I tried to log in at {TIME} this morning and it kept telling me my password was wrong.
a: Did you get the reset link?
c: I did, but it had expired, I tried it {QTY} times.
""",
    "phone": """
a: What's the best phone number to reach you on?
c: It's {PHONE}.
a: Thank you.

a: And in case we get cut off, can I have a number for you?
c: Yeah, {PHONE}.
a: So that's {PHONE}?
c: That's not quite right but close enough, no, sorry, it's right.

c: You can call me back on {PHONE}.
a: Wonderful, I'll make a note of it.

a: Could you confirm the mobile we have on file?
c: Um, it should be {PHONE}.
a: Yes, that matches.
""",
    "email": """
a: And what's your email address?
c: It's {EMAIL}.
a: Thank you, I'll send you the confirmation now.

a: Where shall I send the receipt?
c: To my email, please. That's {EMAIL}.
a: Perfect.

a: Which email did you register with?
c: I think it was {EMAIL}.
a: Yes, I can see that one.

c: Can you send it to {EMAIL}?
a: I've just done that for you.
""",
    "card": """
a: Can I take the long number on the front of the card?
c: Okay, it is {CARD}.
a: And the expiry date?
c: [[Card:Oh four twenty eight]].

a: Which card would you like to pay with?
c: My Visa. The number is {CARD}.
a: Thank you, that has gone through.

a: For security, what are the last four digits of your card?
c: {LAST4}.
a: That's correct.

a: I'm ready for the card details whenever you are.
c: Let me find it. {CARD}.
a: Lovely, thank you.
""",
    "iban": """
a: To refund you I need your IBAN.
c: Alright, that's {IBAN}.
a: Thank you, it takes about five working days.

a: Which bank account shall I pay it into? The IBAN would be best.
c: Give me a second. {IBAN}.
a: Great, all done.

c: I changed my bank, so the new IBAN is {IBAN}.
a: I have updated that.

a: Could you read me the IBAN from the bottom of your statement?
c: Sure. {IBAN}.
a: Super.
""",
    "booking": """
a: Do you have your booking reference to hand?
c: Yes, {BOOK}.
a: Thank you, one moment please.

a: What's the six character code on your ticket?
c: It says {BOOK}.
a: I have it here, the flight to {CITY}.

c: My booking reference is {BOOK}.
a: Okay, I've found the trip.

a: May I have the confirmation code please?
c: Let me look. {BOOK}, I think.
a: Yes, that's it.
""",
    "birth": """
a: Just for security, can you confirm your date of birth?
c: {DOB}.
a: Thank you.

a: And when were you born, please?
c: On {DOB}.
a: Great, that matches.

a: I just need your birthday to get you through security.
c: Sure, it's {DOB}.
a: Thank you very much.

a: And your D O B?
c: That would be {DOB}.
a: Perfect.
""",
    "address": """
a: And the first line of your address?
c: It's {ADDR}.
a: And the postcode?
c: {PC}.

a: Where do you live at the moment?
c: At {ADDR}.
a: And what's the postcode there?
c: It's {PC}.

a: Which address should we deliver to?
c: Please send it to {ADDR}.
a: No problem.

c: We moved to {ADDR} last month.
a: I see. Could you give me the zip or postcode?
c: That's {PC}.
""",
    "account": """
a: Can I take your account number?
c: Yes, that's {ACC}.
a: Thanks.

a: Do you happen to know your customer number?
c: It's on the letter, {ACC}.
a: Brilliant.

c: My account number is {ACC}, if that helps.
a: It does, thank you.

a: Have you got your policy number there?
c: I do. {ACC}.
a: Great.
""",
    "nid": """
a: And I need your national insurance number.
c: That's {NID}.
a: Thank you.

a: Could you tell me your N I number please?
c: Yes, it's {NID}.
a: Thanks for that.
""",
    "passport": """
a: Can you read me your passport number?
c: It's {PASS}.
a: Thank you.

a: For the check-in I need the number of your passport.
c: Okay, {PASS}.
a: Perfect, you're all set.
""",
    "third": """
c: My husband {T} called you last week about the same thing.
a: I can see the note from that call.

c: I was told by a colleague of yours, {T}, that it was all sorted.
a: I'm sorry, it looks like that was never booked.

a: Is anybody else allowed to speak on the account?
c: Yes, my daughter {T}.
a: Okay, I have added her.

a: Who signed for the parcel?
c: It says {T}, but I don't know anybody called that.
a: I'll open an investigation.

c: Can you put my wife on the contract as well? Her name is {T}.
a: Of course.

c: I'd rather talk to {T}, who dealt with it last time.
a: I'm afraid they're not in today.
""",
    "chat": """
a: While I'm waiting for the system, how's the weather where you are?
c: It's been awful all {MON}, to be honest.
a: Same here in {CITY}, it may get better at the weekend.

a: The system is a bit slow today, I'm sorry.
c: That's fine, take your time.
a: Right, here we go. I can offer you {QTY} months for free.

a: I've put a credit of {AMT} on the account.
c: Oh that's great, that will do nicely.
a: You should see it by {TIME} tomorrow.

a: Would you like me to add the extra cover? It's {AMT} a year.
c: No, leave it, I'll think about it.
a: No worries, the offer stays open until the first of {MON}.

c: Is it true that {CO} is cheaper?
a: I couldn't say, but we match any price in the market.
c: Okay, fair enough. I'd just like it to work.

c: How long will that take?
a: Usually between three and five days, at most {QTY} weeks.
c: Hmm, that's quite long, but all right.
""",
    "close": """
a: Is there anything else I can help you with, {F}?
c: No, that's everything. Thanks {A}.
a: You're welcome, have a lovely day.

a: Alright {F}, that's all done for you.
c: Thank you so much {A}, you've been very helpful.
a: My pleasure. Bye now.

a: Thanks for your patience, Mr {L}.
c: No problem. Goodbye.
a: Goodbye.

a: I have sent that over, Mrs {L}. Anything else?
c: No thank you. Bye bye.
a: Take care.
""",
    "plain_close": """
a: Anything else I can do for you?
c: No, that was it. Thank you.
a: Have a good one.

a: Does that answer your question?
c: It does, thanks a lot. Bye.
a: Goodbye.
""",
}

DE = {
    "open": """
a: Guten Tag, {CO} Kundenservice, mein Name ist {A}. Was kann ich für Sie tun?
c: Guten Tag, hier ist {N}. Ich habe ein Problem mit meiner Bestellung.
a: Das tut mir leid, Herr {L}. Ich schaue mal nach.

a: Willkommen bei {CO}, Sie sprechen mit {A}. Mit wem spreche ich?
c: {N} ist mein Name, guten Tag.
a: Hallo Frau {L}, wie kann ich helfen?

a: {CO}, guten Morgen.
c: Guten Morgen, ich brauche Hilfe mit meinem Vertrag.
a: Gerne. Wie ist Ihr Name bitte?
c: {N}.
a: Danke, Frau {L}, einen Augenblick.

a: Schönen guten Tag, Sie sind mit {A} verbunden.
c: Ja, hallo, ich rufe wegen der letzten Rechnung an.
a: Alles klar. Auf welchen Namen läuft der Vertrag?
c: Auf {N}.
a: Danke, ich habe Sie gefunden, Herr {L}.

a: Kundendienst {CO}, {A} am Apparat.
c: Hallo, {N} hier. Ich warte schon seit zwei Wochen auf eine Antwort.
a: Oh, das ist natürlich nicht schön, Herr {L}.

a: Guten Abend, {A} mein Name, was führt Sie zu uns?
c: Guten Abend. Ich heiße {N} und bin gerade umgezogen.
a: Na dann herzlichen Glückwunsch, Frau {L}.

a: Danke fürs Warten. Nennen Sie mir bitte Ihren Vor- und Nachnamen?
c: Ja, Moment, {N}.
a: Vielen Dank, {F}, wenn ich so sagen darf.

a: Hallo, hier ist {CO}. Mit wem habe ich das Vergnügen?
c: Mein Name ist {L}, {N}.
a: Freut mich, Herr {L}.

c: Ja, guten Tag, bin ich da richtig bei {CO}?
a: Ja, sind Sie. Ich bin {A}. Und Sie sind?
c: {N}. Ich habe gestern schon mal angerufen.
a: Verstehe, Frau {L}.

c: Hallo, hier spricht {N}. Ich möchte etwas ändern.
a: Grüß Gott, Herr {L}. Worum geht es denn?
c: Um meine Adresse und das Abo.

a: Guten Tag, wie darf ich Ihnen helfen?
c: Grüezi, da ist {N}. Ich hätte eine Frage zur Abrechnung.
a: Gern, Frau {L}, fragen Sie.

a: {CO} Service, wen darf ich begrüßen?
c: Hallöchen, {F} {L} ist hier.
a: Hallo {F}, worum geht's?
""",
    "plain_open": """
a: Guten Tag, {CO}, was kann ich für Sie tun?
c: Hallo, ich habe nur eine kurze Frage zu den Öffnungszeiten im {MON}.

a: Guten Tag, {CO} Kundenservice.
c: Guten Tag. Ich würde gern wissen, ob ich {QTY} Koffer mitnehmen darf.

a: Guten Morgen, wie kann ich helfen?
c: Ich bin nächste Woche in {CITY} und wollte fragen, ob der Laden da offen hat.

a: {CO}, schönen guten Tag.
c: Können Sie mir sagen, was {PROD} gerade kostet?
""",
    "spell": """
a: Können Sie das bitte buchstabieren?
c: Ja, {SL}.
a: Danke, {L}.

a: Wie schreibt man das?
c: {SL}.
a: Und der Vorname?
c: {SF}.
a: Gut, hab ich.

a: Entschuldigung, das habe ich nicht verstanden.
c: {L}, also {SL}.
a: Jetzt habe ich es, vielen Dank.

a: Buchstabieren Sie mir bitte den Nachnamen?
c: Klar, {SL}.
a: Also {L}, richtig?
c: Genau.

a: Schreibt sich das mit einem T?
c: Nein, {SL}.
a: Ach so, danke.

a: Einmal zum Mitschreiben bitte.
c: Gerne, {SF}, und dann {SL}.
a: Wunderbar.
""",
    "problem": """
c: Ich habe im {MON} {PROD} bestellt und das ist nie angekommen.
a: Okay, das ist nicht gut. Wann sollte es denn kommen?
c: Vor drei Wochen. In der Verfolgung steht immer noch bis {TIME}.

c: Meine Rechnung ist auf {AMT} gestiegen und ich verstehe nicht warum.
a: Ich sehe gerade, dass Ihr Rabatt im {MON} ausgelaufen ist.
c: Das hat mir niemand gesagt, vorher waren es {AMT}.

c: Das Internet fällt jeden Abend aus, so {QTY} mal in der Stunde.
a: Haben Sie den Router schon mal neu gestartet?
c: Ja, natürlich, und {PROD} hat das gleiche Problem.

c: Mir wurde zweimal dasselbe abgebucht, jeweils {AMT}.
a: Das kann ich verstehen, das ist ärgerlich. Ich sehe beide Zahlungen.
c: Bekomme ich das Geld noch vor Ende {MON} zurück?

c: Mein Zug nach {CITY} ist ausgefallen und ich musste ein Taxi nehmen.
a: Das tut mir wirklich leid. Haben Sie den Beleg noch?
c: Ja, das waren {AMT}, und dazu {QTY} Kaffee.

c: Das Paket lag draußen im Regen und alles ist nass geworden.
a: Das hätte nicht passieren dürfen. Was war denn drin?
c: Da war {PROD} drin, und das geht nicht mal mehr an.

c: Ich möchte kündigen, ich habe bei Otto ein besseres Angebot gefunden.
a: Das wäre schade. Darf ich fragen, was die bieten?
c: {AMT} im Monat für die ersten {QTY} Monate.

c: Ich wollte mich um {TIME} anmelden und es hieß immer, das Passwort ist falsch.
a: Haben Sie den Link zum Zurücksetzen bekommen?
c: Ja, aber der war abgelaufen, ich hab es {QTY} mal versucht.
""",
    "phone": """
a: Unter welcher Telefonnummer kann ich Sie erreichen?
c: Unter {PHONE}.
a: Danke schön.

a: Falls wir getrennt werden, hätten Sie eine Nummer für mich?
c: Ja, {PHONE}.
a: Also {PHONE}?
c: Ja, genau.

c: Sie können mich unter {PHONE} zurückrufen.
a: Wunderbar, ist notiert.

a: Ist die Handynummer bei uns noch aktuell?
c: Die müsste {PHONE} sein.
a: Ja, die stimmt.
""",
    "email": """
a: Und wie lautet Ihre E-Mail-Adresse?
c: Das ist {EMAIL}.
a: Danke, die Bestätigung ist unterwegs.

a: Wohin darf ich die Rechnung schicken?
c: An meine Mail, {EMAIL}.
a: Sehr gut.

a: Mit welcher E-Mail haben Sie sich angemeldet?
c: Ich glaube mit {EMAIL}.
a: Ja, die sehe ich hier.

c: Schicken Sie mir das bitte an {EMAIL}.
a: Das habe ich gerade gemacht.
""",
    "card": """
a: Sagen Sie mir bitte die Nummer auf der Kreditkarte?
c: Okay, das ist die {CARD}.
a: Und gültig bis?
c: [[Card:Null vier achtundzwanzig]].

a: Mit welcher Karte möchten Sie zahlen?
c: Mit der Visa. Die Nummer ist {CARD}.
a: Danke, das hat geklappt.

a: Zur Sicherheit bitte die letzten vier Ziffern Ihrer Karte.
c: {LAST4}.
a: Das ist richtig.

a: Ich bin so weit, wenn Sie die Kartennummer haben.
c: Moment, ich suche sie. {CARD}.
a: Prima, danke.
""",
    "iban": """
a: Für die Erstattung brauche ich Ihre IBAN.
c: Gut, das ist {IBAN}.
a: Danke, das dauert etwa fünf Tage.

a: Auf welches Konto darf ich das überweisen? Am besten die IBAN.
c: Einen Moment. {IBAN}.
a: Alles klar, ist erledigt.

c: Ich habe die Bank gewechselt, die neue IBAN ist {IBAN}.
a: Habe ich geändert.

a: Lesen Sie mir bitte die IBAN vor, die auf der Karte steht.
c: Ja. {IBAN}.
a: Super.
""",
    "booking": """
a: Haben Sie den Buchungscode zur Hand?
c: Ja, {BOOK}.
a: Danke, einen Moment bitte.

a: Wie lautet der sechsstellige Code auf dem Ticket?
c: Da steht {BOOK}.
a: Habe ich, die Reise nach {CITY}.

c: Meine Buchungsnummer ist {BOOK}.
a: Gut, ich habe die Buchung gefunden.

a: Nennen Sie mir bitte die Reservierungsnummer.
c: Moment. {BOOK}, glaube ich.
a: Ja, das ist sie.
""",
    "birth": """
a: Zur Sicherheit noch Ihr Geburtsdatum bitte.
c: {DOB}.
a: Danke.

a: Und wann sind Sie geboren?
c: Am {DOB}.
a: Passt.

a: Dann bräuchte ich noch Ihr Geburtsdatum für den Abgleich.
c: Klar, {DOB}.
a: Vielen Dank.

a: Geboren am?
c: {DOB}.
a: Sehr gut.
""",
    "address": """
a: Wie lautet Ihre Adresse?
c: {ADDR}.
a: Und die Postleitzahl?
c: {PC}.

a: Wo wohnen Sie denn jetzt?
c: In der {ADDR}.
a: Welche Postleitzahl ist das?
c: Das ist die {PC}.

a: An welche Anschrift sollen wir liefern?
c: Bitte an {ADDR}.
a: Kein Problem.

c: Wir sind letzten Monat umgezogen, {ADDR}.
a: Verstehe. Sagen Sie mir noch die Postleitzahl dazu?
c: {PC}.
""",
    "account": """
a: Geben Sie mir bitte Ihre Kundennummer?
c: Ja, das ist die {ACC}.
a: Danke.

a: Wissen Sie zufällig die Vertragsnummer?
c: Die steht auf dem Brief, {ACC}.
a: Klasse.

c: Meine Kundennummer ist {ACC}, falls das hilft.
a: Das hilft, danke.

a: Haben Sie die Rechnungsnummer da?
c: Ja. {ACC}.
a: Sehr schön.
""",
    "nid": """
a: Und dann brauche ich Ihre Sozialversicherungsnummer.
c: Die ist {NID}.
a: Danke.

a: Sagen Sie mir bitte Ihre Steuer-ID?
c: Ja, das ist {NID}.
a: Vielen Dank.
""",
    "passport": """
a: Lesen Sie mir bitte Ihre Reisepassnummer vor?
c: Das ist {PASS}.
a: Danke.

a: Für den Check-in brauche ich die Nummer vom Personalausweis.
c: Okay, {PASS}.
a: Prima, alles fertig.
""",
    "third": """
c: Mein Mann {T} hat letzte Woche schon deswegen angerufen.
a: Ja, ich sehe die Notiz von dem Gespräch.

c: Mir hat ein Kollege von Ihnen, {T}, gesagt, das wäre erledigt.
a: Das tut mir leid, das wurde wohl nie gebucht.

a: Darf sonst noch jemand über das Konto sprechen?
c: Ja, meine Tochter {T}.
a: Gut, habe ich eingetragen.

a: Wer hat das Paket denn angenommen?
c: Da steht {T}, aber ich kenne niemanden, der so heißt.
a: Ich gebe das weiter.

c: Können Sie meine Frau auch in den Vertrag nehmen? Sie heißt {T}.
a: Selbstverständlich.

c: Ich würde lieber mit {T} sprechen, das war beim letzten Mal so nett.
a: Leider heute nicht im Haus.
""",
    "chat": """
a: Während das System lädt, wie ist denn das Wetter bei Ihnen?
c: Den ganzen {MON} schon furchtbar, ehrlich gesagt.
a: Hier in {CITY} auch, vielleicht wird es am Wochenende besser.

a: Das System ist heute etwas langsam, Entschuldigung.
c: Macht nichts, lassen Sie sich Zeit.
a: So, jetzt. Ich kann Ihnen {QTY} Monate kostenlos anbieten.

a: Ich habe Ihnen {AMT} gutgeschrieben.
c: Oh, das ist super, das reicht mir völlig.
a: Das sehen Sie morgen ab {TIME}.

a: Soll ich die Zusatzversicherung dazu buchen? Das wären {AMT} im Jahr.
c: Nein, lassen Sie mal, ich überlege es mir.
a: Kein Problem, das Angebot gilt bis zum ersten {MON}.

c: Stimmt es, dass {CO} billiger ist?
a: Das kann ich nicht sagen, aber wir gehen bei jedem Preis mit.
c: Na gut. Es soll halt einfach funktionieren.

c: Wie lange dauert das denn?
a: Normalerweise drei bis fünf Tage, höchstens {QTY} Wochen.
c: Hm, das ist schon recht lang, aber gut.
""",
    "close": """
a: Kann ich sonst noch etwas für Sie tun, Herr {L}?
c: Nein, das war alles. Danke, Frau {A}.
a: Gerne, schönen Tag noch.

a: So, Frau {L}, dann ist alles erledigt.
c: Vielen Dank, {A}, das war sehr nett.
a: Sehr gerne. Auf Wiederhören.

a: Danke für Ihre Geduld, Frau {L}.
c: Kein Problem. Tschüss.
a: Auf Wiederhören.

a: Ich habe es abgeschickt, Herr {L}. Noch etwas?
c: Nein danke. Wiederhören.
a: Alles Gute.
""",
    "plain_close": """
a: Kann ich sonst noch helfen?
c: Nein, das war es. Danke.
a: Schönen Tag noch.

a: Ist Ihre Frage damit beantwortet?
c: Ja, vielen Dank. Tschüss.
a: Auf Wiederhören.
""",
}

BLOCKS = {"en": {k: blocks(v) for k, v in EN.items()}, "de": {k: blocks(v) for k, v in DE.items()}}
