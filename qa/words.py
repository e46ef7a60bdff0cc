"""The words of the page, in German and English; `{…}` is filled in where they are used."""

import re

PAGE: dict[str, dict[str, str]] = {
    "de": {
        "title": "Belegstelle",
        "motto": "Antworten aus Ihren Artikeln, Satz für Satz belegt.",
        "collection": "{articles} Artikel, {sentences} Sätze",
        "period": "{first} bis {last}",
        "tab_chat": "Gespräch",
        "tab_collection": "Sammlung",
        "tab_history": "Verlauf",
        "skip": "Zur Frage springen",
        "other_language": "English",
        "theme": "Hell / dunkel",
        "help": "Hilfe",
        # asking
        "conversation": "Gespräch",
        "question": "Ihre Frage",
        "placeholder": "Zum Beispiel: Wann beginnt die Messe?",
        "ask": "Fragen",
        "stop": "Abbrechen",
        "begin_anew": "Neues Gespräch",
        "welcome": "Fragen Sie etwas, das in Ihren Artikeln steht.",
        "welcome_examples": "Hier liegen erfundene Beispielartikel; eigene fügen Sie unter „Sammlung“ hinzu. "
        "Fragen Sie zum Beispiel:",
        "searching": "Die Artikel werden durchsucht …",
        "reading": "{} Stellen gefunden, die besten werden gelesen …",
        "understood": "Verstanden als:",
        "take_literally": "wörtlich nehmen",
        "in_scope": "Eingegrenzt auf: {}",
        "empty_question": "Bitte geben Sie eine Frage ein.",
        "long_question": "Die Frage hat {found} Zeichen, erlaubt sind {allowed}. Bitte kürzen Sie sie.",
        "empty_index": "Die Sammlung enthält noch keine Artikel. Fügen Sie unter „Sammlung“ welche hinzu.",
        "failed": "Die Frage konnte nicht beantwortet werden (Fehler {id}); Näheres steht im Protokoll des Programms.",
        "stopped": "Abgebrochen.",
        "overdue": "Nach {seconds} Sekunden abgebrochen.",
        # answers
        "confidence": "Sicherheit",
        "passages": "Gefundene Stellen ({})",
        "scores": "Wert {score} · Sinn {similarity} · Wörter {lexical}",
        "why_meaning": "gefunden wegen des Sinns",
        "why_words": "gefunden wegen der Wörter",
        "why_both": "gefunden wegen Sinn und Wörtern",
        "copies": "fast gleich auch in",
        "copy": "Kopieren:",
        "as_plain": "Text",
        "as_markdown": "Markdown",
        "as_footnotes": "Fußnoten",
        "judge": "War das richtig?",
        "judge_right": "richtig",
        "judge_wrong": "falsch",
        "judge_evidence": "Beleg passt nicht",
        "judge_withdrawn": "zurücknehmen",
        "judged": "Danke, vermerkt.",
        "not_found": "Die Artikel beantworten diese Frage nicht.",
        "did_you_mean": "Meinten Sie:",
        "looked_for": "Gesucht wurde nach {}.",
        "nearest": "Am nächsten kommen:",
        "not_found_help": "Vielleicht hilft eine andere Wortwahl oder ein Name.",
        "ask_everywhere": "in allen Artikeln suchen",
        # the source
        "source": "Quelle",
        "no_source": "Ein Klick auf einen Beleg zeigt hier den ganzen Artikel.",
        "no_article": "Ein Klick auf einen Titel zeigt hier den Artikel.",
        "original": "Zum Original",
        "position": "Beleg {number} von {count}",
        "previous": "vorheriger",
        "next": "nächster",
        "link": "Link auf diese Stelle kopieren",
        "back": "↑ zurück",
        "unknown_link": "Der Artikel dieses Links ist nicht (mehr) in der Sammlung.",
        # scope
        "scope": "Suche eingrenzen",
        "and_more": "und {} weitere",
        "everywhere": "Überall suchen",
        "scope_articles": "Artikel",
        "scope_outlets": "Medien",
        "since": "von (Tag, Monat, Jahr)",
        "until": "bis (Tag, Monat, Jahr)",
        "bad_date": "„{}“ ist kein Tag wie 30.11.2025, kein Monat wie 11/2025 und kein Jahr.",
        "bad_period": "Der Zeitraum endet, bevor er beginnt.",
        # the collection
        "find": "In Titeln, Medien und Dateinamen suchen",
        "first_day": "erschienen ab",
        "last_day": "erschienen bis",
        "sort": "Sortieren nach",
        "by_date": "Datum",
        "by_title": "Titel",
        "by_outlet": "Medium",
        "by_added": "zuletzt hinzugefügt",
        "all_outlets": "alle Medien",
        "outlet": "Medium",
        "shown": "{shown} von {all} Artikeln",
        "more": "weitere {} zeigen",
        "remove": "entfernen",
        "remove_sure": "Wirklich entfernen?",
        "remove_yes": "ja, entfernen",
        "remove_no": "nein, behalten",
        "removed": "„{}“ wurde entfernt.",
        "undo": "rückgängig",
        "restored": "„{}“ ist wieder da.",
        "nothing_found": "Kein Artikel passt dazu.",
        "collection_empty": "Noch keine Artikel. Laden Sie welche hoch.",
        "upload": "Artikel hinzufügen",
        "upload_drop": "Dateien hierher ziehen",
        "upload_or": "– oder –",
        "upload_choose": "Dateien auswählen",
        "upload_doing": "{done} von {all}: {name}",
        "upload_done": "{added} neu, {updated} geändert, {unchanged} unverändert, {skipped} übersprungen.",
        "came_added": "Neu:",
        "came_updated": "Geändert:",
        "came_unchanged": "Unverändert:",
        "skipped": "„{name}“ wurde übersprungen: {reason}",
        "busy": "Gerade ändert ein anderes Programm die Sammlung. Bitte gleich noch einmal versuchen.",
        "trouble": "Das hat nicht geklappt (Fehler {id}); Näheres steht im Protokoll des Programms.",
        # conversations
        "find_conversation": "In den Fragen suchen",
        "no_conversation": "Noch kein Gespräch. Was Sie fragen, steht später hier, nur in diesem Browser.",
        "no_conversation_found": "Kein Gespräch passt dazu.",
        "open": "öffnen",
        "rename": "umbenennen",
        "delete": "löschen",
        "delete_sure": "Wirklich löschen?",
        "delete_yes": "ja, löschen",
        "new_title": "Neuer Name",
        "save": "Speichern",
        "keep_title": "Abbrechen",
        "questions": "{} Fragen",
        "one_question": "1 Frage",
        "export": "Gespräch sichern:",
        "as_json": "JSON",
        "as_page": "Druckseite",
        "asked_again": "Die Fragen wurden neu gestellt; die Antworten entsprechen der heutigen Sammlung.",
        # what the script says
        "copied": "Kopiert.",
        "saved": "Gesichert.",
        "lost": "Keine Verbindung zum Programm. Läuft es noch?",
        "queue_full": "Ausgelastet: Es warten schon zu viele Fragen. Bitte gleich noch einmal versuchen.",
        "went_wrong": "Das hat nicht geklappt. Bitte noch einmal versuchen; sonst hilft es, die Seite neu zu laden.",
        "login_again": "Die Anmeldung gilt nicht mehr. Bitte laden Sie die Seite neu.",
        "file_too_large": "„{name}“ ist zu groß (höchstens {limit} MB). Hochgeladen wurde nichts.",
        "upload_too_large": "Das ist zu viel auf einmal (höchstens {limit} MB). Hochgeladen wurde nichts.",
        "too_many_files": "Das sind zu viele Dateien auf einmal (höchstens {limit}). Hochgeladen wurde nichts.",
        "help_title": "So geht es",
        "hint_ask": "Fragen Sie in ganzen Sätzen oder knüpfen Sie an: „und 2015?“, „warum?“. Was Ihre Artikel nicht "
        "sagen, wird nicht beantwortet.",
        "hint_open": "Ein Klick auf eine Nummer öffnet den Artikel; der zitierte Satz ist darin markiert. „Gefundene "
        "Stellen“ zeigt, was sonst noch nahe lag.",
        "hint_scope": "„Suche eingrenzen“ beschränkt die Fragen auf Artikel, Medien oder Tage. Unter „Sammlung“ fügen "
        "Sie Artikel hinzu, unter „Verlauf“ stehen frühere Gespräche.",
        "help_keys": "Tastatur",
        "key_citation": "diesen Beleg der letzten Antwort öffnen",
        "key_ask": "zur Frage",
        "key_next": "nächster Beleg",
        "key_previous": "vorheriger Beleg",
        "key_new": "neues Gespräch",
        "key_help": "diese Hilfe",
        "key_close": "Hilfe schließen",
        "close": "Schließen",
    },
    "en": {
        "title": "Belegstelle",
        "motto": "Answers from your articles, proven sentence by sentence.",
        "collection": "{articles} articles, {sentences} sentences",
        "period": "{first} to {last}",
        "tab_chat": "Conversation",
        "tab_collection": "Collection",
        "tab_history": "History",
        "skip": "Skip to the question",
        "other_language": "Deutsch",
        "theme": "Light / dark",
        "help": "Help",
        # asking
        "conversation": "Conversation",
        "question": "Your question",
        "placeholder": "For example: When does the fair begin?",
        "ask": "Ask",
        "stop": "Stop",
        "begin_anew": "New conversation",
        "welcome": "Ask something that your articles tell.",
        "welcome_examples": "These are invented sample articles; add your own under “Collection”. Ask for example:",
        "searching": "Searching the articles …",
        "reading": "{} passages found, reading the best of them …",
        "understood": "Understood as:",
        "take_literally": "take it literally",
        "in_scope": "Narrowed to: {}",
        "empty_question": "Please enter a question.",
        "long_question": "The question has {found} characters, {allowed} are allowed. Please shorten it.",
        "empty_index": "The collection holds no articles yet. Add some under “Collection”.",
        "failed": "The question could not be answered (error {id}); the program's log says more.",
        "stopped": "Stopped.",
        "overdue": "Stopped after {seconds} seconds.",
        # answers
        "confidence": "Confidence",
        "passages": "Passages found ({})",
        "scores": "score {score} · meaning {similarity} · words {lexical}",
        "why_meaning": "found for its meaning",
        "why_words": "found for its words",
        "why_both": "found for meaning and words",
        "copies": "nearly the same in",
        "copy": "Copy:",
        "as_plain": "text",
        "as_markdown": "Markdown",
        "as_footnotes": "footnotes",
        "judge": "Was that right?",
        "judge_right": "right",
        "judge_wrong": "wrong",
        "judge_evidence": "citation does not fit",
        "judge_withdrawn": "take it back",
        "judged": "Thank you, noted.",
        "not_found": "The articles do not answer this question.",
        "did_you_mean": "Did you mean:",
        "looked_for": "Looked for: {}.",
        "nearest": "The nearest articles:",
        "not_found_help": "Other words or a name may help.",
        "ask_everywhere": "search all articles",
        # the source
        "source": "Source",
        "no_source": "Click a citation to read the whole article here.",
        "no_article": "Click a title to read the article here.",
        "original": "To the original",
        "position": "Citation {number} of {count}",
        "previous": "previous",
        "next": "next",
        "link": "Copy a link to this place",
        "back": "↑ back",
        "unknown_link": "The article of this link is not in the collection (any more).",
        # scope
        "scope": "Narrow the search",
        "and_more": "and {} more",
        "everywhere": "Search everywhere",
        "scope_articles": "Articles",
        "scope_outlets": "Outlets",
        "since": "from (day, month, year)",
        "until": "to (day, month, year)",
        "bad_date": "“{}” is neither a day like 2025-11-30 nor a month like 11/2025 nor a year.",
        "bad_period": "The period ends before it begins.",
        # the collection
        "find": "Search titles, outlets and file names",
        "first_day": "published from",
        "last_day": "published to",
        "sort": "Sort by",
        "by_date": "date",
        "by_title": "title",
        "by_outlet": "outlet",
        "by_added": "last added",
        "all_outlets": "all outlets",
        "outlet": "Outlet",
        "shown": "{shown} of {all} articles",
        "more": "show {} more",
        "remove": "remove",
        "remove_sure": "Really remove it?",
        "remove_yes": "yes, remove",
        "remove_no": "no, keep",
        "removed": "“{}” was removed.",
        "undo": "undo",
        "restored": "“{}” is back.",
        "nothing_found": "No article fits.",
        "collection_empty": "No articles yet. Upload some.",
        "upload": "Add articles",
        "upload_drop": "Drop files here",
        "upload_or": "– or –",
        "upload_choose": "Choose files",
        "upload_doing": "{done} of {all}: {name}",
        "upload_done": "{added} new, {updated} changed, {unchanged} unchanged, {skipped} skipped.",
        "came_added": "New:",
        "came_updated": "Changed:",
        "came_unchanged": "Unchanged:",
        "skipped": "“{name}” was skipped: {reason}",
        "busy": "Another program is changing the collection. Please try again in a moment.",
        "trouble": "That did not work (error {id}); the program's log says more.",
        # conversations
        "find_conversation": "Search the questions",
        "no_conversation": "No conversation yet. What you ask will stand here, in this browser only.",
        "no_conversation_found": "No conversation fits.",
        "open": "open",
        "rename": "rename",
        "delete": "delete",
        "delete_sure": "Really delete it?",
        "delete_yes": "yes, delete",
        "new_title": "New name",
        "save": "Save",
        "keep_title": "Cancel",
        "questions": "{} questions",
        "one_question": "1 question",
        "export": "Save the conversation:",
        "as_json": "JSON",
        "as_page": "page to print",
        "asked_again": "The questions were asked again; the answers are those of today's collection.",
        # what the script says
        "copied": "Copied.",
        "saved": "Saved.",
        "lost": "No connection to the program. Is it still running?",
        "queue_full": "Busy: too many questions are waiting. Please try again in a moment.",
        "went_wrong": "That did not work. Please try again; otherwise it helps to load the page anew.",
        "login_again": "You are no longer logged in. Please load the page anew.",
        "file_too_large": "“{name}” is too large (at most {limit} MB). Nothing was uploaded.",
        "upload_too_large": "That is too much at once (at most {limit} MB). Nothing was uploaded.",
        "too_many_files": "Those are too many files at once (at most {limit}). Nothing was uploaded.",
        "help_title": "How it works",
        "hint_ask": "Ask in whole sentences or go on from there: “and in 2015?”, “why?”. What your articles do not "
        "tell is not answered.",
        "hint_open": "A click on a number opens the article with the cited sentence marked. “Passages found” shows "
        "what else came near.",
        "hint_scope": "“Narrow the search” restricts questions to articles, outlets or days. Under “Collection” you "
        "add articles, under “History” are earlier conversations.",
        "help_keys": "Keyboard",
        "key_citation": "open this citation of the last answer",
        "key_ask": "to the question",
        "key_next": "next citation",
        "key_previous": "previous citation",
        "key_new": "new conversation",
        "key_help": "this help",
        "key_close": "close the help",
        "close": "Close",
    },
}

# Why a file is skipped, as `index` tells it in English, and the same in German. What stands for `{}` there is put for
# {0}, {1}, … here, itself in German where it is one of these.
REASONS: dict[str, str] = {
    "is no {} file": "hat keine der Endungen {0}",
    "does not exist": "gibt es nicht",
    "does not exist any more; add it again when it is back": "gibt es nicht mehr; bitte noch einmal hinzufügen",
    "cannot be opened; check the path and its permissions": "lässt sich nicht öffnen; bitte Ort und Rechte prüfen",
    "cannot be opened ({})": "lässt sich nicht öffnen",
    "cannot be opened ({}); check the path": "lässt sich nicht öffnen; bitte den Ort prüfen",
    "cannot be listed ({})": "lässt sich nicht auflisten",
    "cannot be read ({}); check the disk, then add it again": (
        "lässt sich nicht lesen; bitte den Datenträger prüfen und noch einmal hinzufügen"
    ),
    "may not be read; give yourself the permission to read it": (
        "darf nicht gelesen werden; bitte geben Sie sich das Recht dazu"
    ),
    "was changed while it was read; add it again": ("wurde während des Lesens geändert; bitte noch einmal hinzufügen"),
    "is not a regular file": "ist keine gewöhnliche Datei",
    "is not a regular file; name a file with text in it": (
        "ist keine gewöhnliche Datei; bitte eine Datei mit Text hinzufügen"
    ),
    "is a symbolic link, which is not followed; name the file itself": (
        "ist eine Verknüpfung; bitte die Datei selbst hinzufügen"
    ),
    "is a symbolic link, and links inside a folder are not followed; name the file itself": (
        "ist eine Verknüpfung; bitte die Datei selbst hinzufügen"
    ),
    "is empty; add a file with text in it": "ist leer; bitte eine Datei mit Text hinzufügen",
    "has {} bytes, more than the {} that are read; split it into single articles": (
        "hat {0} Bytes, gelesen werden höchstens {1}; bitte in einzelne Artikel teilen"
    ),
    "has {} characters, and an article has at most {}; split it into single articles": (
        "hat {0} Zeichen, ein Artikel höchstens {1}; bitte in einzelne Artikel teilen"
    ),
    "holds more than {} characters; split it into single articles": (
        "enthält mehr als {0} Zeichen; bitte in einzelne Artikel teilen"
    ),
    "holds no article": "enthält keinen Artikel",
    "holds no article: of {} parts, the first ({}) {}": (
        "enthält keinen Artikel: Von {0} Teilen gilt für den ersten ({1}): {2}"
    ),
    "{} (and so on, {} times)": "{0} (und so weiter, {1}-mal)",
    "holds no text; add a file with sentences in it": "enthält keinen Text; bitte eine Datei mit Sätzen hinzufügen",
    "holds no text besides headings and leftovers of a web page; add a file with sentences": (
        "enthält nur Überschriften und Reste einer Webseite; bitte eine Datei mit Sätzen hinzufügen"
    ),
    "holds no text, at most pictures of pages (a scan); make its text readable (OCR), or {}": (
        "enthält keinen Text, höchstens Bilder von Seiten (Scan); bitte den Text erkennen lassen (OCR), oder {0}"
    ),
    "holds binary data, no text; {}": "enthält keinen Text, sondern andere Daten; bitte {0}",
    "is {}, whatever its ending says; {}": "ist {0}, was auch die Endung sagt; bitte {1}",
    "has {}, which is not read; {}": "hat {0} und wird nicht gelesen; bitte {1}",
    "has the ending {}, but is {}; rename it, or {}": "hat die Endung {0}, ist aber {1}; bitte umbenennen, oder {2}",
    "has the ending {}, but does not begin as a {} does; save it again, or {}": (
        "hat die Endung {0}, beginnt aber nicht so ({1}); bitte neu speichern, oder {2}"
    ),
    "has the ending .docx, but is a ZIP archive with no Word document in it; rename it": (
        "hat die Endung .docx, ist aber ein ZIP-Archiv ohne Word-Dokument; bitte umbenennen"
    ),
    "has the ending .odt, but is a ZIP archive with no document in it; rename it": (
        "hat die Endung .odt, ist aber ein ZIP-Archiv ohne Dokument; bitte umbenennen"
    ),
    "has the ending .zip, but is a {}; give it the ending {}": (
        "hat die Endung .zip, ist aber von anderer Art ({0}); bitte die Endung {1} geben"
    ),
    "is nested too deeply to be read; {}": "ist zu tief verschachtelt; bitte {0}",
    "is damaged, or no {}; save it again, or {}": (
        "ist beschädigt oder von anderer Art ({0}); bitte neu speichern, oder {1}"
    ),
    "is damaged; pack it again": "ist beschädigt; bitte neu packen",
    "is encrypted; pack it without a password": "ist verschlüsselt; bitte ohne Passwort packen",
    "is encrypted; save it without a password, or {}": "ist verschlüsselt; bitte ohne Passwort speichern, oder {0}",
    "does not begin with the header of a mail or of a saved web page; {}": (
        "beginnt nicht wie eine Mail oder eine gespeicherte Webseite; bitte {0}"
    ),
    "holds no web page; {}": "enthält keine Webseite; bitte {0}",
    "is a web page without an article text; open it in a browser and save the text of the article itself": (
        "ist eine Webseite ohne Artikeltext; bitte im Browser öffnen und den Text des Artikels selbst speichern"
    ),
    "is an empty web page; save the page again, or the text of the article itself": (
        "ist eine leere Webseite; bitte die Seite neu speichern, oder den Text des Artikels selbst"
    ),
    "is compressed in an unusual way; pack it as an ordinary ZIP archive": (
        "ist ungewöhnlich gepackt; bitte als gewöhnliches ZIP-Archiv packen"
    ),
    "has {} bytes unpacked, more than the {} that are read; split it": (
        "hat entpackt {0} Bytes, gelesen werden höchstens {1}; bitte teilen"
    ),
    "inflates to more than {} bytes; split it": "hat entpackt mehr als {0} Bytes; bitte teilen",
    "inflates to more than {} times its size, as a ZIP bomb does; {}": (
        "hat entpackt mehr als das {0}-Fache seiner Größe, wie eine ZIP-Bombe; bitte {1}"
    ),
    "declares XML entities, which no real document does; {}": (
        "erklärt XML-Entitäten, was kein echtes Dokument tut; bitte {0}"
    ),
    "is in the archive twice, and only the first is read; rename one of them": (
        "steht zweimal im Archiv, gelesen wird nur die erste; bitte eine umbenennen"
    ),
    "is an archive inside an archive, which is not read; unpack it first": (
        "ist ein Archiv in einem Archiv und wird nicht gelesen; bitte zuerst entpacken"
    ),
    "holds {} files, more than the {} that are read; split it": (
        "enthält {0} Dateien, gelesen werden höchstens {1}; bitte teilen"
    ),
    "holds more than {} records; split it": "enthält mehr als {0} Datensätze; bitte teilen",
    "is no JSON object; write it as an object with the fields title and text": (
        "ist kein JSON-Objekt; bitte als Objekt mit den Feldern title und text schreiben"
    ),
    "has no text; put it into a field that is called text, content, body, volltext or artikel": (
        "hat keinen Text; er gehört in ein Feld namens text, content, body, volltext oder artikel"
    ),
    "is no JSON; correct it, or leave it out": "ist kein JSON; bitte berichtigen oder weglassen",
    "is no JSON ({}); correct it, or {}": "ist kein JSON ({0}); bitte berichtigen, oder {1}",
    "{}: line {} column {} (char {})": "Zeile {1}, Spalte {2}",
    "holds no JSON object; write an object with the fields title and text, or a list": (
        "enthält kein JSON-Objekt; bitte ein Objekt mit den Feldern title und text schreiben, oder eine Liste davon"
    ),
    "has no column for the text; call one of them, in the first line, text, content, body, volltext or artikel": (
        "hat keine Spalte für den Text; in der ersten Zeile muss eine text, content, body, volltext oder artikel heißen"
    ),
    "cannot be read now, since the process that reads such files does not start; "
    "close other programs, or check the installation, and add it again": (
        "lässt sich gerade nicht lesen; bitte andere Programme schließen und noch einmal hinzufügen"
    ),
    "takes too long to read; {}": "braucht zu lange zum Lesen; bitte {0}",
    "needs too much memory to read; {}": "braucht zu viel Speicher zum Lesen; bitte {0}",
    "makes the program that reads it crash, so it is damaged or made to do harm; {}": (
        "bringt das Lesen zum Absturz, ist also beschädigt oder schädlich; bitte {0}"
    ),
    # what stands in these
    "the ending {}": "die Endung {0}",
    "no ending": "keine Endung",
    "save its text as plain text (.txt)": "den Text als reinen Text (.txt) speichern",
    "save it as plain text (.txt), a web page (.html) or a PDF": (
        "als reinen Text (.txt), Webseite (.html) oder PDF speichern"
    ),
    "a PDF file": "eine PDF-Datei",
    "an RTF document": "ein RTF-Dokument",
    "a ZIP archive or a document of that kind (.docx, .odt, .epub)": (
        "ein ZIP-Archiv oder ein Dokument dieser Art (.docx, .odt, .epub)"
    ),
    "a ZIP archive (or a .docx, .odt, .epub)": "ein ZIP-Archiv (oder .docx, .odt, .epub)",
    "an empty ZIP archive": "ein leeres ZIP-Archiv",
    "an old Office document or one with a password": "ein altes Office-Dokument oder eines mit Passwort",
    "an old Office document": "ein altes Office-Dokument",
    "a PNG picture": "ein PNG-Bild",
    "a JPEG picture": "ein JPEG-Bild",
    "a GIF picture": "ein GIF-Bild",
    "a gzip archive": "ein gzip-Archiv",
    "a 7-Zip archive": "ein 7-Zip-Archiv",
    "a RAR archive": "ein RAR-Archiv",
    "a SQLite database": "eine SQLite-Datenbank",
    "a program": "ein Programm",
    "text file": "Textdatei",
    "Markdown file": "Markdown-Datei",
    "web page": "Webseite",
    "saved web page": "gespeicherte Webseite",
    "mail": "Mail",
    "PDF file": "PDF-Datei",
    "Word document": "Word-Dokument",
    "OpenDocument text": "OpenDocument-Text",
    "RTF document": "RTF-Dokument",
    "JSON file": "JSON-Datei",
    "JSON Lines file": "JSON-Lines-Datei",
    "CSV file": "CSV-Datei",
    "ZIP archive": "ZIP-Archiv",
}
_NESTED = 4  # reasons in each other; a file's name might look like one any number of times


def reason(text: str, language: str, *, depth: int = _NESTED) -> str:
    """Why a file was skipped, in the language of the page; what is not among `REASONS` stays as it is."""
    if language != "de" or not depth:
        return text
    if re.fullmatch(r"[0-9,]+", text):
        return text.replace(",", ".")
    for pattern, german in REASONS.items():
        values = _values(pattern, text)
        if values is not None:
            return german.format(*(reason(value, language, depth=depth - 1) for value in values))
    return text


def _values(pattern: str, text: str) -> list[str] | None:
    """What stands in a text where its pattern has `{}`; None where it does not fit. Takes linear time."""
    first, *others = pattern.split("{}")
    if not others:
        return [] if text == pattern else None
    last = others[-1]
    if not (text.startswith(first) and text.endswith(last) and len(text) >= len(first) + len(last)):
        return None
    rest = text[len(first) : len(text) - len(last)]
    values = []
    for literal in others[:-1]:
        value, found, rest = rest.partition(literal)
        if not found:
            return None
        values.append(value)
    return [*values, rest]
