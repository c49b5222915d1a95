"""How the embedded teacher makes up requests for any tool, and reads them back: arguments, words, and the way between them."""
