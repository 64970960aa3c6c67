PYTHON ?= python3
RUNS ?= 5
LHCI := npx --yes @lhci/cli@0.15.1 --config=../book/lighthouserc.cjs
DEV := .venv/ready
BOOK := .venv-book/ready
COLAB := .venv-colab/ready
BENCH := .venv-bench/ready
ENGINES := .venv-engines/ready
# Python compiles what it imports: to compile all of torch would take 10 seconds.
PIP := -m pip install --quiet --no-compile
PYTEST := OMP_NUM_THREADS=1 .venv/bin/python -m pytest
# Two files at a time, the longest first: the order by number of tests would leave them for the end.
IN_TWO := -n 2 --dist loadfile --no-loadscope-reorder --nbval-lax --nbval-current-env
LECTURES := $(sort $(wildcard lectures/*.ipynb))

.PHONY: help book pdf slides test test-all doors lighthouse lab lectures reference bench engines bench-ranking bench-scale pins address clean
help:
	@sed -n 's/^#: //p' Makefile

#: make book       render the book into _build/html
book: $(BOOK)
	rm -rf _build/html  # a page that is gone must not stay
	.venv-book/bin/jupyter-book build . --all -W -n --keep-going
	@echo "open _build/html/index.html"

#: make pdf        print the whole book into _build/html/book.pdf (needs Chromium)
pdf: book
	.venv-book/bin/python -m book.pdf

#: make slides     a deck of slides for each lecture in _build/html/slides, one file each
slides: book
	.venv-book/bin/python -m book.slides

#: make test       build the book, then run every test and every lecture (10 to 25 minutes)
test: $(DEV) slides
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/oxlint --deny-warnings book
	$(PYTEST) --durations=40 $(IN_TWO) $(LECTURES) tests/lectures tests

#: make test-all   the same with the long forms of the tests, the doors' too; a weekly job runs it
test-all: $(DEV) $(COLAB) slides
	$(PYTEST) --durations=40 $(IN_TWO) -m "full or not door" $(LECTURES) tests/lectures tests

#: make doors      run a lecture as Colab does, and install the course as a student does
doors: $(DEV) $(COLAB)
	$(PYTEST) -n 2 --dist worksteal -m "door and not full" tests/doors

#: make lighthouse  measure the built book with Lighthouse into _build/lighthouse (needs Node.js; 5 minutes)
lighthouse: book
	export FONTCONFIG_FILE=$$(.venv-book/bin/python -m book.chromium _build) && \
	cd _build && for DEVICE in mobile desktop; do export DEVICE; \
		$(LHCI) collect --numberOfRuns=$(RUNS) && $(LHCI) upload && $(LHCI) assert || exit 1; done

#: make lab        open the lectures in JupyterLab
lab: .venv/lab
	.venv/bin/jupyter lab lectures

#: make lectures   execute the lectures on the real MovieLens and save their outputs
lectures: $(DEV)
	.venv/bin/python -m lecture_utils --need-movielens
	cd lectures && OMP_NUM_THREADS=1 ../.venv/bin/jupyter nbconvert --to notebook --execute \
		--inplace $(notdir $(LECTURES))
	.venv/bin/jupyter nbconvert --coalesce-streams --inplace $(LECTURES)
	.venv/bin/python tests/stamp.py $(LECTURES)

#: make reference LECTURE=NN  measure the numbers of a lecture again (without: all, 80 minutes; EARLIER=1)
reference: $(DEV)
	OMP_NUM_THREADS=1 .venv/bin/python -m tests.lectures $(if $(EARLIER),--earlier) $(LECTURE)

#: make bench      measure our methods and other libraries' side by side (25 minutes; SLOW=1, CLEAN=1)
bench: $(BENCH)
	.venv-bench/bin/python -u -m benchmarks.run $(if $(SLOW),--slow) $(if $(CLEAN),--clean)

#: make bench-ranking  the same for rankings (20 minutes; SLOW=1, CLEAN=1)
bench-ranking: $(BENCH)
	.venv-bench/bin/python -u -m benchmarks.ranking $(if $(SLOW),--slow) $(if $(CLEAN),--clean)

#: make bench-scale  the same on 25 million invented ratings (10 minutes, 2 GB of disk; CLEAN=1)
bench-scale: $(BENCH)
	.venv-bench/bin/python -u -m benchmarks.scale $(if $(CLEAN),--clean)

#: make engines    try Spark's ALS and TorchRec on small data (needs Java 17; a gigabyte of packages)
engines: $(ENGINES)
	OMP_NUM_THREADS=1 .venv-engines/bin/python -m pytest tests/examples

#: make pins       write constraints.txt: the newest versions that resolve together
pins:
	grep '^torch==' constraints.txt > constraints.new && mv constraints.new constraints.txt
	rm -rf .venv .venv-book && $(MAKE) .venv/lab $(BOOK)
	for env in .venv .venv-book; do $$env/bin/python -m pip freeze --all --exclude-editable; done \
		| sed 's/+cpu$$//' | sort -fsu -t= -k1,1 > constraints.new
	mv constraints.new constraints.txt

#: make address REPO=owner/name   spread the repository's address
address:
	@$(PYTHON) tests/address.py "$(REPO)"

#: make clean      remove what was built, the environments included
clean:
	rm -rf _build .venv .venv-book .venv-colab .venv-bench .venv-engines .pytest_cache .ruff_cache

# pip 25.1 was the first to know --group.
$(DEV): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python $(PIP) --upgrade pip -c constraints.txt
	.venv/bin/python $(PIP) --editable . --group test -c constraints.txt
	touch $@

.venv/lab: $(DEV)
	.venv/bin/python $(PIP) --group lab -c constraints.txt
	touch $@

$(BOOK): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-book
	.venv-book/bin/python $(PIP) --upgrade pip -c constraints.txt
	.venv-book/bin/python $(PIP) --group book -c constraints.txt
	touch $@

# Colab's versions, the rest from constraints.txt, and without the course.
$(COLAB): tests/colab.txt constraints.txt
	$(PYTHON) -m venv .venv-colab
	sed -n 's/==.*/==/p' tests/colab.txt | grep -vFf - constraints.txt > .venv-colab/rest.txt
	.venv-colab/bin/python $(PIP) --upgrade pip -c constraints.txt
	.venv-colab/bin/python $(PIP) -r tests/colab.txt -c .venv-colab/rest.txt
	touch $@

# myfm needs an older setuptools than the one in constraints.txt.
$(BENCH): benchmarks/requirements.txt pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-bench
	grep -v '^setuptools==' constraints.txt > .venv-bench/rest.txt
	.venv-bench/bin/python $(PIP) --upgrade pip -c constraints.txt
	.venv-bench/bin/python $(PIP) --editable ".[scale]" -r benchmarks/requirements.txt \
		-c .venv-bench/rest.txt
	touch $@

# torchrec asks for the CUDA build of FBGEMM by name: it comes without what it asks for.
$(ENGINES): tests/examples/requirements.txt pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-engines
	.venv-engines/bin/python $(PIP) --upgrade pip -c constraints.txt
	.venv-engines/bin/python $(PIP) --editable ".[scale]" pytest -r tests/examples/requirements.txt \
		-c constraints.txt
	.venv-engines/bin/python $(PIP) --no-deps torchrec==1.8.0
	touch $@
