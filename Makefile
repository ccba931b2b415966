PYTHON ?= python3
VENV ?= .venv
STAMP := $(VENV)/.installed

.PHONY: test lint clean

test: $(STAMP)  ## Set everything up and pass the tests.
	$(VENV)/bin/python -m pytest -q tests

lint: $(STAMP)  ## Check style.
	$(VENV)/bin/ruff check motiongpt tests
	$(VENV)/bin/ruff format --check motiongpt tests

clean:  ## Remove the virtual environment.
	rm -rf $(VENV)

$(STAMP): requirements-test.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install -r requirements-test.txt
	touch $@
