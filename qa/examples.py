"""Questions that the sample articles answer, as the chat offers them; the last one is answered by none."""

EXAMPLES = (
    "Wie lange hielt das Experiment Boddenstern sein Plasma eingeschlossen?",
    "Wann hat der Angriff auf Dubrowez begonnen?",
    "Was sagt Darja Mirtschuk zu der Zahl von 400 Gefangenen?",
    "Warum wurden die Drohnen über Ahlerfeld nicht abgeschossen?",
    "Um wie viel Geld wurde die Firma Hellweg & Söhne betrogen?",
    "Wer hat gemerkt, dass der Herner Jobcenter-Bot Unsinn erzählt?",
    "Wodurch ist laut Gutachten die Ankerkette der Orion Pearl gerissen?",
    "Since when has the BaltLink 3 cable been working again?",
    "Wie viele Kinder starben nach Angaben der Rebellen auf dem Markt von Tamessa?",
    "Woran war die Sängerin Theresa Amann erkrankt?",
)
