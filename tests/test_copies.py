import pytest

from index import copies

TEXT = (
    "Der Kreistag hat am Montag den Bau der Fähre beschlossen. Sie soll ab Mai zwischen Wismar und der Insel Poel "
    "fahren und 40 Autos tragen. Die Kosten von neun Millionen Euro teilen sich Land und Kreis. Landrätin Silke Roth "
    "sprach von einem guten Tag für die Küste. Die Opposition stimmte dagegen, weil ein Gutachten fehlt."
)
OTHER = (
    "Auf Poel blüht der Raps. Imker aus Kirchdorf stellten dort 60 Bienenvölker auf und erwarten viel Honig. "
    "Gärtnerin Ute Voss zählt blaue Falter. Der Verein wandert zum Leuchtturm und isst mittags Hering mit Bohnen."
)


def test_signature_of_the_same_words_is_the_same():
    assert copies.signature(TEXT) == copies.signature(TEXT.upper().replace(" ", "\n"))


def test_signature_of_a_short_text_is_none():
    assert copies.signature("Der Rat tagt.") is None


@pytest.mark.parametrize(
    ("other", "least", "most"),
    [
        (TEXT, 1.0, 1.0),
        (f"{TEXT} Der Bote fragte nach, doch die Landrätin schwieg.", 0.6, 0.99),
        (TEXT.split(" Die Kosten")[0], 0.2, 0.6),
        (OTHER, 0, 0.1),
    ],
)
def test_shared_estimates_what_two_texts_have_in_common(other, least, most):
    one, two = copies.signature(TEXT), copies.signature(other)
    assert least <= copies.shared(one, two) <= most
    assert copies.shared(one, two) == copies.shared(two, one)


def test_bands_are_equal_only_in_their_places():
    signature = bytes(range(16)) * 32
    assert len(copies.bands(signature)) == len(set(copies.bands(signature))) == 32
