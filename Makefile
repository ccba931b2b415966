export PYTHON ?= python3
export VENV ?= .venv
TEXT ?= a person walks forward and waves with the right hand
OUT ?= out
# Handed over by the environment, untouched by make and the shell: a sentence may hold any sign.
override TEXT := $(value TEXT)
export TEXT OUT
export PYTHONPATH := $(CURDIR):$(CURDIR)/ros2_ws/src/motiongpt_ros$(if $(PYTHONPATH),:$(PYTHONPATH))
CHECKED := motiongpt ros2_ws/src tests benchmarks

.PHONY: help setup demo test bench train lint clean
.DEFAULT_GOAL := help

help:  ## Say what each target does.
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

setup:  ## Make the virtual environment and install what is pinned.
	@scripts/setup

demo: setup  ## Drive the simulated robot with a sentence: make demo TEXT="take a bow"
	@$(VENV)/bin/python -m motiongpt_ros.demo --text "$$TEXT" --out "$$OUT"

test: setup  ## Pass all tests.
	$(VENV)/bin/python -m pytest -q -n 2 --dist loadgroup tests

bench: setup  ## Measure speed on one core: make bench DATA=folder-of-real-clips
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m benchmarks $(if $(DATA),--data "$(DATA)")

train: setup  ## Train a model like the shipped one: make train DATA=folder OUT=folder [TEACHER=folder]
	$(VENV)/bin/python -m motiongpt.cli train all --output "$(OUT)" \
		--data "$(DATA)" $(if $(TEACHER),--teacher "$(TEACHER)")

lint: setup  ## Check style and types.
	$(VENV)/bin/ruff check $(CHECKED)
	$(VENV)/bin/ruff format --check $(CHECKED)
	$(VENV)/bin/mypy --ignore-missing-imports motiongpt

clean:  ## Remove the virtual environment and what the demo wrote.
	rm -rf $(VENV) .interfaces out
