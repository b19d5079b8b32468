"""The room of OpenAI's formats: ChatGPT."""
