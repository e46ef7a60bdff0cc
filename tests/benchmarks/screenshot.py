"""Takes the README's picture from the running program: `python -m tests.benchmarks.screenshot`."""

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "qa" / "page" / "screenshot.png"
QUESTION = "Um wie viel Geld wurde die Firma Hellweg & Söhne betrogen?"


def main() -> int:
    command = [sys.executable, "app.py", "--port", "7899", "--quiet"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as app:
        try:
            address = app.stdout.readline().split()[-1] if app.stdout else ""
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path="/usr/bin/chromium",
                    args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
                )
                page = browser.new_page(viewport={"width": 1280, "height": 820}, locale="de-DE")
                page.goto(address)
                page.get_by_label("Ihre Frage").fill(QUESTION)
                page.keyboard.press("Enter")
                page.wait_for_selector("#source mark.aktuell")
                page.wait_for_timeout(1000)
                page.screenshot(path=PICTURE)
                browser.close()
        finally:
            app.terminate()
    return 0


if __name__ == "__main__":
    sys.exit(main())
