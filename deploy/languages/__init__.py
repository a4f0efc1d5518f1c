"""What makes the data of languages: names of states and inflected forms. Run at the desk; the results are committed."""
