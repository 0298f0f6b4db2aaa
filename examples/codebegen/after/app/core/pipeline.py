"""A stand-in for the models that write code: three files, which follow from the prompt."""


def generate(prompt: str, model: str) -> dict[str, str]:
    """The files of a generation, by name."""
    words = [word for word in prompt.lower().split() if word.isidentifier()] or ["app"]
    functions = "\n\n".join(f"def {word}():\n    return {word!r}" for word in dict.fromkeys(words))
    return {
        "README.md": f"# {prompt}\n\nWritten by {model}.\n",
        "main.py": f'"""{prompt}"""\n\n{functions}\n',
        "tests/test_main.py": "import main\n\n\ndef test_it():\n    assert main." + words[0] + "()\n",
    }
