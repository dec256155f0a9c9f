"""What docks above the prompt: approvals, questions, pickers."""
