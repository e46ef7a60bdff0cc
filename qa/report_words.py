"""The words of an evaluation's report, in German and English; `{…}` is filled in where they are used."""

from qa.results import LEVELS

REPORT: dict[str, dict[str, str]] = {
    "de": {
        "title": "Auswertung",
        "skip": "Zum Inhalt springen",
        "contents": "Inhalt",
        # the result in a sentence
        "cited_first": "Bei {count} von {all} beantwortbaren Fragen wurde zuerst der richtige Satz zitiert ({share})",
        "answered_right": "{count} von {all} beantwortbaren Fragen wurden richtig beantwortet ({share})",
        "refused_rightly": "von {all} nicht beantwortbaren lehnte das Programm {count} ab ({share})",
        "nothing_judged": "Die Fragendatei sagt nicht, welche Antworten richtig sind; {all} Fragen wurden gestellt",
        "not_judged": "Bei {count} von {all} Fragen lässt sich nicht sagen, ob die Antwort stimmt.",
        "not_asked": "{count} von {all} Fragen konnten nicht gestellt werden.",
        "wrong_answers": "Von {all} gegebenen Antworten waren {count} falsch ({share})",
        "wrong_by_wrong": "{} mit falschem Beleg",
        "wrong_by_wrong_text": "{} ohne die richtige Antwort",
        "wrong_by_should_refuse": "{} auf Fragen, die die Artikel nicht beantworten",
        "answers_lacking": "Bei {count} von {all} Fragen ist der richtige Satz zitiert, aber keine der richtigen "
        "Antworten steht im Text.",
        "no_questions": "Es wurde keine Frage gestellt",
        "run": "Was gelaufen ist",
        "faults": "Unbrauchbare Einträge der Fragendatei, nicht gestellte Fragen ({})",
        # where to look
        "first": "Diese Fragen zuerst ansehen",
        "first_why": "Ausgewählt nach dem, was am meisten lehrt: {}.",
        "first_wrong": "sicher und doch falsch",
        "first_wrong_text": "sicher und doch falsch",
        "first_should_refuse": "beantwortet, obwohl die Artikel es nicht sagen",
        "first_not_in_index": "nicht im Index",
        "first_not_retrieved": "nicht gefunden",
        "first_failed": "nicht gestellt",
        "first_refused": "gefunden und doch abgelehnt",
        "nothing_first": "Keine Frage fällt auf: nichts Falsches, nichts Verfehltes.",
        "why_wrong": "Mit einer Sicherheit von {confidence} beantwortet, aber kein zitierter Satz ist richtig.",
        "why_wrong_text": "Mit einer Sicherheit von {confidence} beantwortet, aber die richtige Antwort kommt nicht "
        "vor.",
        "why_should_refuse": "Mit einer Sicherheit von {confidence} beantwortet, obwohl die Artikel es nicht sagen.",
        "why_not_in_index": "Der richtige Satz steht nicht im Index: Fragendatei und Artikel passen nicht zusammen.",
        "why_not_retrieved": "Der richtige Satz wurde gar nicht gefunden, keine der Stellen enthält ihn.",
        "why_failed": "Die Frage konnte nicht gestellt werden: {error}",
        "why_refused": "Abgelehnt, dabei stand der richtige Satz auf Rang 1.",
        "threshold": "Schwelle",
        "question": "Frage {}",
        "said": "Gesagt",
        "wanted": "Richtig wäre",
        # measures
        "measures": "Die Maße",
        "measures_how": "Das 95-%-Intervall zeigt, wie weit ein Wert schwankt, wenn man die Fragen neu auslost: "
        "Bootstrap mit 1.000 Ziehungen, bei denen ganze Artikel mit allen ihren Fragen gezogen werden; die Grenzen "
        "sind "
        "Perzentile, wo alles 0 oder alles 1 ist, nach Wilson. Ein Klick auf die Kennung öffnet eine Erklärung.",
        "measure": "Maß",
        "value": "Wert",
        "interval": "95-%-Intervall",
        "drawn": "gezeichnet",
        "count": "Fragen",
        "less_is_better": "weniger ist besser",
        "few_passages": "Der Index hat nur {} Stellen; unter so wenigen sind zehn leicht gefunden.",
        "of_passage": "Suche: Stellen",
        "of_sentence": "Suche: Sätze",
        "of_article": "Suche: Artikel",
        "of_answers": "Antworten",
        "of_citations": "Belege",
        "of_refusal": "Ablehnen und Sicherheit",
        "of_conflicts": "Widersprüche",
        "of_speed": "Dauer",
        # plots
        "plots": "Bilder",
        "numbers": "Die Zahlen dazu",
        "risk_coverage": "Fehler, wenn nur die sichersten Fragen beantwortet werden",
        "risk_coverage_how": "Von links nach rechts werden immer mehr Fragen beantwortet, die sichersten zuerst; die "
        "Höhe zeigt den Anteil falscher Antworten darunter. Je flacher und tiefer, desto besser. Richtig heißt: Ein "
        "Satz, der zitiert ist oder würde, beantwortet die Frage; eine nicht beantwortbare gilt nie als richtig. "
        "{operating}",
        "operating": "tatsächlich beantwortet",
        "operating_how": "Der Ring: So wurde wirklich geantwortet, auf {coverage} der Fragen, davon {risk} falsch.",
        "coverage": "beantwortete Fragen",
        "risk": "davon falsch",
        "spoken_risk": "werden alle beantwortet, sind {risk} falsch",
        "reliability": "Stimmt die angegebene Sicherheit?",
        "reliability_how": "Liegt die Linie auf der gestrichelten, ist die Sicherheit ehrlich; darunter traut sich das "
        "Programm zu viel zu, darüber zu wenig. Die Säulen zeigen, wie viele Fragen es jeweils sind. "
        "Richtig heißt: Ein Satz, der zitiert ist oder würde, beantwortet die Frage; eine nicht beantwortbare gilt nie "
        "als richtig, was auch immer gesagt wird.",
        "confidence": "Sicherheit",
        "share_right": "davon richtig",
        "mean_confidence": "im Mittel",
        "ranks": "Auf welchem Rang der erste richtige Satz stand",
        "ranks_how": "Links stehen die Fragen, bei denen der richtige Satz der bestbewertete war; ganz rechts, in "
        "Grau, "
        "die, bei denen er nicht unter den {count} besten war.",
        "rank": "Rang",
        "none": "keiner",
        "times": "Wie lange die Antworten dauerten",
        "times_how": "Jede Säule zählt die Fragen mit dieser Dauer. Die Striche zeigen, wie lange die Hälfte und wie "
        "lange 95 von 100 Fragen höchstens brauchten.",
        "half": "die Hälfte: {}",
        "most": "95 von 100: {}",
        "seconds": "Sekunden",
        "from_to": "{low} bis {high}",
        "by_type": "Zuerst richtig zitiert, nach Art der Frage",
        "by_type_how": "Der Punkt ist der Anteil, der Balken sein 95-%-Intervall; in Klammern die Zahl der Fragen. "
        "Überlappen sich Balken, kann der Unterschied Zufall sein.",
        "group": "Gruppe",
        # groups
        "groups": "Gruppen",
        "groups_how": "Dieselben Maße für Teile der Fragen, klein darunter das 95-%-Intervall. Wenige Fragen sagen "
        "wenig, und wer viele Gruppen ansieht, findet auch durch Zufall auffällige: Dafür sind die Intervalle nicht "
        "korrigiert.",
        "groups_scroll": "Breite Tabellen lassen sich zur Seite schieben.",
        "by_answerable": "Nach Beantwortbarkeit",
        "by_type_short": "Nach Art der Frage",
        "by_lang": "Nach Sprache",
        "by_length": "Nach Länge der Frage, in Wörtern",
        "by_article": "Nach Artikel",
        "yes": "beantwortbar",
        "no": "nicht beantwortbar",
        # questions
        "questions": "Alle Fragen",
        "outcome": "Urteil",
        "right_text": "richtige Antwort im Text",
        "lacks_answer": "aber keine richtige Antwort im Text",
        "type": "Art",
        "language": "Sprache",
        "answerable": "Beantwortbarkeit",
        "length": "Länge in Wörtern",
        "short_answer": "Kurzantwort",
        "deviates": "weicht ab",
        "all": "alle",
        "find": "Suchen in Fragen, Antworten und Belegen",
        "sort": "Sortieren nach",
        "sort_order": "Reihenfolge der Datei",
        "sort_surest": "Sicherheit, höchste zuerst",
        "sort_unsurest": "Sicherheit, niedrigste zuerst",
        "sort_slowest": "Dauer, längste zuerst",
        "clear": "Alle zeigen",
        "open_all": "Alle Einzelheiten öffnen",
        "close_all": "Alle Einzelheiten schließen",
        "shown": "{shown} von {all} Fragen",
        "nothing_found": "Keine Frage passt zu dieser Auswahl.",
        "unknown": "Die Frage, auf die der Link zeigt, ist nicht in dieser Auswertung.",
        "permalink": "Link auf diese Frage",
        "in_chat": "Im Chat öffnen",
        "in_chat_title": "Dafür muss der Chat auf diesem Rechner laufen",
        "in_chat_how": "„Im Chat öffnen“ geht nur, solange der Chat auf diesem Rechner läuft, unter {chat}.",
        "id": "Kennung",
        "after": "Vorher gefragt",
        "understood": "Verstanden als",
        "answer": "Antwort",
        "short": "Kurz",
        "gold_article": "Richtige Artikel",
        "unanswerable": "Die Artikel beantworten diese Frage nicht.",
        "all_needed": "alle zusammen nötig",
        "details": "Belege, richtige Sätze, gefundene Stellen",
        "cited": "Zitiert",
        "would_cite": "Zitiert worden wäre",
        "cited_none": "Nichts.",
        "gold": "Richtige Sätze",
        "is_gold": "richtiger Satz",
        "not_gold": "kein richtiger Satz",
        "gold_ranked": "Rang {rank} der bewerteten Sätze",
        "gold_unranked": "nicht unter den {count} bestbewerteten Sätzen",
        "gold_cited": "zitiert als [{}]",
        "gold_missing": "steht nicht im Index",
        "copies": "fast gleich auch in {}",
        "characters": "Zeichen {start}–{end}",
        "passages": "Gefundene Stellen ({})",
        "passage_gold": "enthält einen richtigen Satz",
        "changed": "Der Artikel liegt nicht vor oder wurde geändert; daher ohne den Text davor und danach.",
    },
    "en": {
        "title": "Evaluation",
        "skip": "Skip to the content",
        "contents": "Contents",
        # the result in a sentence
        "cited_first": "For {count} of {all} answerable questions the right sentence was cited first ({share})",
        "answered_right": "{count} of {all} answerable questions were answered correctly ({share})",
        "refused_rightly": "of {all} unanswerable ones the program refused {count} ({share})",
        "nothing_judged": "The question file does not tell which answers are right; {all} questions were asked",
        "not_judged": "For {count} of {all} questions nobody can say whether the answer is right.",
        "not_asked": "{count} of {all} questions could not be asked.",
        "wrong_answers": "Of {all} answers given {count} were wrong ({share})",
        "wrong_by_wrong": "{} with a wrong citation",
        "wrong_by_wrong_text": "{} without the right answer",
        "wrong_by_should_refuse": "{} to questions that the articles do not answer",
        "answers_lacking": "For {count} of {all} questions the right sentence is cited, yet none of the right answers "
        "stands in the text.",
        "no_questions": "No question was asked",
        "run": "What was run",
        "faults": "Entries of the question file that could not be used, questions that could not be asked ({})",
        # where to look
        "first": "Look at these questions first",
        "first_why": "Chosen for what teaches most: {}.",
        "first_wrong": "sure and yet wrong",
        "first_wrong_text": "sure and yet wrong",
        "first_should_refuse": "answered although the articles do not tell",
        "first_not_in_index": "not in the index",
        "first_not_retrieved": "not found",
        "first_failed": "not asked",
        "first_refused": "found and yet refused",
        "nothing_first": "No question stands out: nothing wrong, nothing missed.",
        "why_wrong": "Answered with a confidence of {confidence}, but no cited sentence is right.",
        "why_wrong_text": "Answered with a confidence of {confidence}, but the right answer does not occur in it.",
        "why_should_refuse": "Answered with a confidence of {confidence}, although the articles do not tell.",
        "why_not_in_index": "The right sentence is not in the index: question file and articles do not fit together.",
        "why_not_retrieved": "The right sentence was not found at all, none of the passages holds it.",
        "why_failed": "The question could not be asked: {error}",
        "why_refused": "Refused, although the right sentence was ranked first.",
        "threshold": "threshold",
        "question": "question {}",
        "said": "Said",
        "wanted": "Right would be",
        # measures
        "measures": "The measures",
        "measures_how": "The 95% interval shows how far a value varies when the questions are drawn anew: a "
        "percentile bootstrap with 1,000 draws, in which whole articles are drawn with all their questions; where all "
        "are 0 or all are 1 it is Wilson's. A click on the key opens an explanation.",
        "measure": "Measure",
        "value": "Value",
        "interval": "95% interval",
        "drawn": "drawn",
        "count": "Questions",
        "less_is_better": "less is better",
        "few_passages": "The index has no more than {} passages; ten of so few are easily found.",
        "of_passage": "Retrieval: passages",
        "of_sentence": "Retrieval: sentences",
        "of_article": "Retrieval: articles",
        "of_answers": "Answers",
        "of_citations": "Citations",
        "of_refusal": "Refusal and confidence",
        "of_conflicts": "Conflicts",
        "of_speed": "Speed",
        # plots
        "plots": "Plots",
        "numbers": "The numbers",
        "risk_coverage": "Errors if only the surest questions are answered",
        "risk_coverage_how": "From left to right more and more questions are answered, the surest first; the height "
        "is the share of wrong answers among them. The flatter and lower, the better. Right means: a sentence that is, "
        "or would be, cited answers the question; an unanswerable one never counts as right. {operating}",
        "operating": "really answered",
        "operating_how": "The ring: how it really was, with {coverage} of the questions answered, {risk} of them "
        "wrong.",
        "coverage": "questions answered",
        "risk": "wrong among them",
        "spoken_risk": "if all are answered, {risk} are wrong",
        "reliability": "Is the stated confidence true?",
        "reliability_how": "Where the line meets the dashed one, the confidence is honest; below it the program is too "
        "sure of itself, above it not sure enough. The columns show how many questions there are of each. Right "
        "means: a sentence that is, or would be, cited answers the question; an unanswerable one never counts as "
        "right, "
        "whatever is said.",
        "confidence": "Confidence",
        "share_right": "right among them",
        "mean_confidence": "on average",
        "ranks": "At which rank the first right sentence stood",
        "ranks_how": "On the left are the questions whose right sentence was ranked best; on the far right, in grey, "
        "those "
        "where it was not among the {count} best.",
        "rank": "Rank",
        "none": "none",
        "times": "How long the answers took",
        "times_how": "Each column counts the questions that took this long. The lines show how long half of them, and "
        "95 "
        "of 100, took at most.",
        "half": "half of them: {}",
        "most": "95 of 100: {}",
        "seconds": "Seconds",
        "from_to": "{low} to {high}",
        "by_type": "Cited right first, by type of question",
        "by_type_how": "The dot is the share, the bar its 95% interval; in brackets the number of questions. Where "
        "bars "
        "overlap, the difference may be chance.",
        "group": "Group",
        # groups
        "groups": "Groups",
        "groups_how": "The same measures for parts of the questions, with the 95% interval below. Few questions tell "
        "little, and who looks at many groups will find striking ones by chance: the intervals are not corrected for "
        "that.",
        "groups_scroll": "Wide tables can be moved sideways.",
        "by_answerable": "By answerability",
        "by_type_short": "By type of question",
        "by_lang": "By language",
        "by_length": "By length of the question, in words",
        "by_article": "By article",
        "yes": "answerable",
        "no": "unanswerable",
        # questions
        "questions": "All questions",
        "outcome": "Verdict",
        "right_text": "right answer in the text",
        "lacks_answer": "but no right answer in the text",
        "type": "Type",
        "language": "Language",
        "answerable": "Answerability",
        "length": "Length in words",
        "short_answer": "Short answer",
        "deviates": "deviates",
        "all": "all",
        "find": "Search questions, answers and citations",
        "sort": "Sort by",
        "sort_order": "order of the file",
        "sort_surest": "confidence, highest first",
        "sort_unsurest": "confidence, lowest first",
        "sort_slowest": "time, longest first",
        "clear": "Show all",
        "open_all": "Open all details",
        "close_all": "Close all details",
        "shown": "{shown} of {all} questions",
        "nothing_found": "No question fits this choice.",
        "unknown": "The question that the link points to is not in this evaluation.",
        "permalink": "Link to this question",
        "in_chat": "Open in the chat",
        "in_chat_title": "The chat has to run on this computer for it",
        "in_chat_how": "“Open in the chat” works only while the chat runs on this computer, at {chat}.",
        "id": "Id",
        "after": "Asked before",
        "understood": "Understood as",
        "answer": "Answer",
        "short": "In short",
        "gold_article": "Right articles",
        "unanswerable": "The articles do not answer this question.",
        "all_needed": "all of them needed",
        "details": "Citations, right sentences, passages found",
        "cited": "Cited",
        "would_cite": "Would have been cited",
        "cited_none": "Nothing.",
        "gold": "Right sentences",
        "is_gold": "right sentence",
        "not_gold": "not a right sentence",
        "gold_ranked": "rank {rank} of the sentences",
        "gold_unranked": "not among the {count} best sentences",
        "gold_cited": "cited as [{}]",
        "gold_missing": "is not in the index",
        "copies": "nearly the same in {}",
        "characters": "characters {start}–{end}",
        "passages": "Passages found ({})",
        "passage_gold": "holds a right sentence",
        "changed": "The article is not at hand or was changed; therefore without the text around it.",
    },
}

# A sign and a word for each outcome; the sign tells them apart where colours do not.
SIGNS = {
    "right": "✓",
    "later": "≈",
    "refused_rightly": "∅",
    "refused": "○",
    "wrong": "✗",
    "should_refuse": "▲",
    "failed": "‼",
    "unjudged": "?",
}
OUTCOMES: dict[str, dict[str, str]] = {
    "de": {
        "right": "richtiger Satz zuerst",
        "later": "richtiger Satz, nicht zuerst",
        "refused_rightly": "zu Recht abgelehnt",
        "refused": "zu Unrecht abgelehnt",
        "wrong": "falsch",
        "should_refuse": "hätte ablehnen müssen",
        "failed": "nicht gestellt",
        "unjudged": "ohne Urteil",
    },
    "en": {
        "right": "right sentence first",
        "later": "right sentence, not first",
        "refused_rightly": "rightly refused",
        "refused": "wrongly refused",
        "wrong": "wrong",
        "should_refuse": "should have refused",
        "failed": "not asked",
        "unjudged": "no verdict",
    },
}

# Types that question files usually have; others stay as they are.
TYPES: dict[str, dict[str, str]] = {
    "de": {
        "who": "wer",
        "when": "wann",
        "where": "wo",
        "what": "was",
        "why": "warum",
        "how": "wie",
        "number": "Zahl",
        "quote": "Zitat",
        "yesno": "ja/nein",
        "list": "Aufzählung",
        "conflict": "Widerspruch",
        "unanswerable": "nicht beantwortbar",
    },
    "en": {"yesno": "yes/no"},
}

_UNITS = {  # by language and level: one that is right, all of them, of the first of them, at least one of them
    "de": {
        "passage": ("richtige Stelle", "richtigen Stellen", "der ersten richtigen Stelle", "eine richtige Stelle"),
        "sentence": ("richtiger Satz", "richtigen Sätze", "des ersten richtigen Satzes", "ein richtiger Satz"),
        "article": ("richtiger Artikel", "richtigen Artikel", "des ersten richtigen Artikels", "ein richtiger Artikel"),
    },
    "en": {
        "passage": ("right passage", "right passages", "of the first right passage", "a right passage"),
        "sentence": ("right sentence", "right sentences", "of the first right sentence", "a right sentence"),
        "article": ("right article", "right articles", "of the first right article", "a right article"),
    },
}
_RANKINGS = {  # by language and measure: its name, and what it tells
    "de": {
        "mrr": (
            "Kehrwert des Rangs {of} (MRR)",
            "1 für Rang 1, 1/2 für Rang 2 und so fort, 0 jenseits von Rang 10; das Mittel über die Fragen.",
        ),
        "ndcg@10": (
            "Ordnung der ersten 10 (nDCG)",
            "1, wenn alle {all} ganz oben stehen; je tiefer sie stehen, desto weniger zählen sie.",
        ),
        "map": (
            "Ordnung der ganzen Liste (MAP)",
            "An jedem Rang mit Treffer der Anteil der Treffer bis dahin, gemittelt über alle {all}.",
        ),
        "recall@10": ("Anteil der {all} unter den ersten 10", "Wie viele der {all} unter den ersten 10 stehen."),
        "success@1": ("{one} auf Rang 1", "Anteil der Fragen, bei denen {any} zuoberst steht."),
        "success@3": ("{one} unter den ersten 3", "Anteil der Fragen, bei denen {any} unter den ersten 3 steht."),
        "success@10": ("{one} unter den ersten 10", "Anteil der Fragen, bei denen {any} unter den ersten 10 steht."),
    },
    "en": {
        "mrr": (
            "Reciprocal of the rank {of} (MRR)",
            "1 for rank 1, 1/2 for rank 2 and so on, 0 beyond rank 10; the mean over the questions.",
        ),
        "ndcg@10": (
            "Order of the first 10 (nDCG)",
            "1 if all {all} stand at the very top; the lower they stand, the less they count.",
        ),
        "map": (
            "Order of the whole list (MAP)",
            "At each rank with a find the share of finds up to there, averaged over all {all}.",
        ),
        "recall@10": ("Share of the {all} among the first 10", "How many of the {all} stand among the first 10."),
        "success@1": ("{one} at rank 1", "Share of questions with {any} at the top."),
        "success@3": ("{one} among the first 3", "Share of questions with {any} among the first 3."),
        "success@10": ("{one} among the first 10", "Share of questions with {any} among the first 10."),
    },
}


def _of_rankings(language: str) -> dict[str, tuple[str, str]]:
    words = {}
    for level in LEVELS:
        one, of_all, of_first, at_least_one = _UNITS[language][level]
        for key, (name, meaning) in _RANKINGS[language].items():
            name = name.format(one=one, all=of_all, of=of_first)
            words[f"{level}_{key}"] = (
                name[0].upper() + name[1:],
                meaning.format(one=one, all=of_all, of=of_first, any=at_least_one),
            )
    return words


# by language and key: the name of a measure in plain words, and what it tells
MEASURE_WORDS: dict[str, dict[str, tuple[str, str]]] = {
    "de": {
        **_of_rankings("de"),
        "exact_match": (
            "Wörtlich richtige Antwort",
            "Anteil der Kurzantworten, die einer richtigen gleichen; englische Artikel, Satzzeichen und Großschreibung "
            "zählen nicht (SQuAD). Bei nicht beantwortbaren Fragen ist Schweigen richtig.",
        ),
        "f1": (
            "Gemeinsame Wörter (F1)",
            "Wie weit sich die Wörter von Kurzantwort und richtiger Antwort decken (SQuAD), 0 bis 1. Bei nicht "
            "beantwortbaren Fragen ist Schweigen richtig.",
        ),
        "exact_match_german": (
            "Wörtlich richtige Antwort, deutsch verglichen",
            "Wie oben, nur zählen deutsche Artikel und Schreibweisen von Zahlen nicht.",
        ),
        "f1_german": ("Gemeinsame Wörter (F1), deutsch verglichen", "Wie oben, nach deutschen Regeln verglichen."),
        "containment": (
            "Richtige Antwort im gezeigten Text",
            "Anteil der Fragen, bei denen eine richtige Antwort als ganze Wörter im gezeigten Text steht.",
        ),
        "chrf": (
            "Ähnlichkeit der Zeichen (chrF)",
            "Gemeinsame Zeichenfolgen von Kurzantwort und richtiger, 0 bis 100.",
        ),
        "first_citation": (
            "Zuerst der richtige Satz zitiert",
            "Anteil der beantwortbaren Fragen, deren erster Beleg richtig ist; abgelehnte zählen als verfehlt.",
        ),
        "any_citation": (
            "Richtiger Satz zitiert",
            "Anteil der beantwortbaren Fragen, bei denen irgendein Beleg richtig ist; abgelehnte zählen als verfehlt.",
        ),
        "citation_precision": (
            "Richtige unter den Belegen",
            "Anteil der richtigen Sätze an den zitierten, gemittelt über die Fragen, zu denen etwas zitiert wurde.",
        ),
        "citation_recall": (
            "Belegte unter den richtigen Sätzen",
            "Wo alle richtigen Sätze nötig sind, der Anteil der zitierten; sonst, ob einer zitiert ist.",
        ),
        "citation_f1": (
            "Belege insgesamt (F1)",
            "Je Frage das harmonische Mittel der beiden Maße darüber, dann das Mittel über die Fragen; wo nichts "
            "zitiert ist, 0.",
        ),
        "best_sentence": (
            "Bester Satz richtig, ob abgelehnt oder nicht",
            "Anteil der Fragen, deren bestbewerteter Satz richtig ist, auch wenn die Antwort unterblieb.",
        ),
        "one_of_three": (
            "Richtiger Satz unter den besten drei, ob abgelehnt oder nicht",
            "Anteil der Fragen mit einem richtigen Satz unter den drei bestbewerteten.",
        ),
        "quotations_exact": (
            "Zitate zeichengetreu",
            "Anteil der Zitate, die Zeichen für Zeichen im gespeicherten Artikel stehen, gemittelt über die Fragen "
            "mit Belegen.",
        ),
        "refusal_precision": ("Zu Recht abgelehnt", "Anteil der nicht beantwortbaren unter den abgelehnten Fragen."),
        "refusal_recall": (
            "Nicht Beantwortbares abgelehnt",
            "Anteil der abgelehnten unter den nicht beantwortbaren Fragen.",
        ),
        "answerable_refused": ("Beantwortbares abgelehnt", "Anteil der abgelehnten unter den beantwortbaren Fragen."),
        "auroc": (
            "Trennschärfe der Sicherheit (AUROC)",
            "Wie oft eine beantwortbare Frage die höhere Sicherheit hat als eine nicht beantwortbare; 0,5 wäre Zufall.",
        ),
        "aurc": (
            "Fläche unter der Fehlerkurve (AURC)",
            "Der Anteil falscher Antworten, gemittelt über alle Schwellen, unter denen abgelehnt wird.",
        ),
        "calibration_error": (
            "Kalibrierungsfehler (Sicherheit gegen Wirklichkeit)",
            "Wie weit angegebene Sicherheit und Anteil richtiger Antworten im Mittel auseinanderliegen. Richtig ist, "
            "wo "
            "ein Satz, der zitiert ist oder würde, die Frage beantwortet; nicht beantwortbare sind es nie. Neu "
            "ausgelost "
            "fällt der Fehler eher größer aus, das Intervall liegt daher hoch.",
        ),
        "conflict_precision": (
            "Gemeldete Widersprüche, die welche sind",
            "Anteil der Fragen mit widersprüchlichen Quellen unter denen, bei denen das gemeldet wurde.",
        ),
        "conflict_recall": (
            "Gemeldete unter den Widersprüchen",
            "Anteil der gemeldeten unter den Fragen mit widersprüchlichen Quellen.",
        ),
        "seconds_p50": ("Antwortzeit, Median", "Die Hälfte der Antworten dauerte höchstens so lange."),
        "seconds_p95": ("Antwortzeit, 95 von 100", "95 von 100 Antworten dauerten höchstens so lange."),
    },
    "en": {
        **_of_rankings("en"),
        "exact_match": (
            "Answer right to the word",
            "Share of short answers that equal a right one; English articles, punctuation and capitals do not count "
            "(SQuAD). For unanswerable questions silence is right.",
        ),
        "f1": (
            "Words in common (F1)",
            "How far the words of the short answer and the right one are the same (SQuAD), 0 to 1. For unanswerable "
            "questions silence is right.",
        ),
        "exact_match_german": (
            "Answer right to the word, compared the German way",
            "As above, but German articles and ways to write a number do not count.",
        ),
        "f1_german": ("Words in common (F1), compared the German way", "As above, compared by German rules."),
        "containment": (
            "Right answer in the text shown",
            "Share of questions where a right answer stands as whole words in the text shown.",
        ),
        "chrf": ("Likeness of characters (chrF)", "Runs of characters that short and right answer share, 0 to 100."),
        "first_citation": (
            "Right sentence cited first",
            "Share of answerable questions whose first citation is right; refused ones count as missed.",
        ),
        "any_citation": (
            "Right sentence cited",
            "Share of answerable questions with any right citation; refused ones count as missed.",
        ),
        "citation_precision": (
            "Right ones among the citations",
            "Share of right sentences among those cited, averaged over the questions for which something was cited.",
        ),
        "citation_recall": (
            "Cited ones among the right sentences",
            "Where all right sentences are needed, the share of those cited; else whether one is cited.",
        ),
        "citation_f1": (
            "Citations as a whole (F1)",
            "For each question the harmonic mean of the two measures above, then the mean over the questions; 0 where "
            "nothing is cited.",
        ),
        "best_sentence": (
            "Best sentence right, refused or not",
            "Share of questions whose best ranked sentence is right, even if no answer was given.",
        ),
        "one_of_three": (
            "Right sentence among the best three, refused or not",
            "Share of questions with a right sentence among the three ranked best.",
        ),
        "quotations_exact": (
            "Quotations exact",
            "Share of quotations that stand character by character in the stored article, averaged over the questions "
            "with citations.",
        ),
        "refusal_precision": ("Rightly refused", "Share of unanswerable ones among the refused questions."),
        "refusal_recall": ("Unanswerable and refused", "Share of refused ones among the unanswerable questions."),
        "answerable_refused": ("Answerable and refused", "Share of refused ones among the answerable questions."),
        "auroc": (
            "How well the confidence separates (AUROC)",
            "How often an answerable question has the higher confidence than an unanswerable one; 0.5 would be chance.",
        ),
        "aurc": (
            "Area under the curve of errors (AURC)",
            "The share of wrong answers, averaged over all thresholds below which an answer is refused.",
        ),
        "calibration_error": (
            "Calibration error (confidence against truth)",
            "How far stated confidence and share of right answers lie apart on average. Right is where a sentence that "
            "is, or would be, cited answers the question; unanswerable ones never are. Drawn anew, the error tends to "
            "be "
            "larger, so the interval lies high.",
        ),
        "conflict_precision": (
            "Reported conflicts that are some",
            "Share of questions whose sources disagree among those where that was reported.",
        ),
        "conflict_recall": (
            "Reported ones among the conflicts",
            "Share of those reported among the questions whose sources disagree.",
        ),
        "seconds_p50": ("Time to answer, median", "Half of the answers took at most this long."),
        "seconds_p95": ("Time to answer, 95 of 100", "95 of 100 answers took at most this long."),
    },
}
RUN_WORDS = {  # what stands within something else has its name before a dot
    "de": {
        "index": "Index",
        "index.name": "Name",
        "index.sha256": "Prüfsumme (SHA-256)",
        "index.articles": "Artikel",
        "index.passages": "Stellen",
        "index.sentences": "Sätze",
        "questions": "Fragendatei",
        "questions.name": "Name",
        "questions.sha256": "Prüfsumme (SHA-256)",
        "questions.count": "Fragen",
        "questions.unusable": "unbrauchbare Einträge",
        "model": "Modell der Suche",
        "reader": "Leser",
        "settings": "Einstellungen",
        "settings.passages": "gesuchte Stellen",
        "settings.read": "davon genau gelesen",
        "settings.longest_answer": "längste Antwort, in Sätzen",
        "settings.longest_question": "längste Frage, in Zeichen",
        "settings.refusal": "wie leicht abgelehnt wird",
        "settings.threshold": "Schwelle der Sicherheit, unter der abgelehnt wird",
        "workers": "Fragen, die zugleich beantwortet wurden",
        "versions": "Versionen",
        "machine": "Rechner",
        "machine.system": "Betriebssystem",
        "machine.processor": "Prozessor",
        "machine.cores": "Kerne",
        "started": "Begonnen",
        "seconds": "Sekunden",
    },
    "en": {
        "index": "Index",
        "index.name": "name",
        "index.sha256": "checksum (SHA-256)",
        "index.articles": "articles",
        "index.passages": "passages",
        "index.sentences": "sentences",
        "questions": "Question file",
        "questions.name": "name",
        "questions.sha256": "checksum (SHA-256)",
        "questions.count": "questions",
        "questions.unusable": "unusable entries",
        "model": "Model for retrieval",
        "reader": "Reader",
        "settings": "Settings",
        "settings.passages": "passages retrieved",
        "settings.read": "of these read closely",
        "settings.longest_answer": "longest answer, in sentences",
        "settings.longest_question": "longest question, in characters",
        "settings.refusal": "how readily it refuses",
        "settings.threshold": "confidence below which it refuses",
        "workers": "questions that were answered at a time",
        "versions": "Versions",
        "machine": "Computer",
        "machine.system": "operating system",
        "machine.processor": "processor",
        "machine.cores": "cores",
        "started": "Started",
        "seconds": "Seconds",
    },
}
