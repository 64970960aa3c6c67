// PyTorch's random numbers, and the matrix factorization of lecture 03 with its training: what the
// playground computes. tests/site/test_playground.py compares it with PyTorch.
"use strict";
{
  /* PyTorch's generator on a CPU: Mersenne Twister, and the normal numbers that it makes of it. */
  class Generator {
    constructor(seed) {
      this.words = new Uint32Array(624);
      this.words[0] = seed;
      for (let i = 1; i < 624; i++) {
        const before = this.words[i - 1];
        this.words[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
      }
      this.at = 624;
    }

    /* An integer of 32 bits. */
    word() {
      const { words } = this;
      if (this.at === 624) {
        for (let i = 0; i < 624; i++) {
          const pair = (words[i] & 0x80000000) | (words[(i + 1) % 624] & 0x7fffffff);
          words[i] = words[(i + 397) % 624] ^ (pair >>> 1) ^ (pair & 1 ? 0x9908b0df : 0);
        }
        this.at = 0;
      }
      let word = words[this.at++];
      word ^= word >>> 11;
      word ^= (word << 7) & 0x9d2c5680;
      word ^= (word << 15) & 0xefc60000;
      return (word ^ (word >>> 18)) >>> 0;
    }

    /* A number of [0, 1) in double precision. */
    double() {
      const high = this.word() & 0x1fffff;
      return (high * 2 ** 32 + this.word()) / 2 ** 53;
    }

    /* One normal number: they come in pairs, the second waits for the next call. */
    normal() {
      if (this.second !== undefined) {
        const kept = this.second;
        this.second = undefined;
        return kept;
      }
      const angle = 2 * Math.PI * this.double();
      const radius = Math.sqrt(-2 * Math.log1p(-this.double()));
      this.second = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    }

    /* `size` normal numbers as torch.randn draws them: one by one if they are fewer than 16, else
       sixteen at a time in single precision, the last sixteen anew where a rest would be left. */
    normals(size) {
      if (size < 16) return Float32Array.from({ length: size }, () => this.normal());
      const single = () => (this.word() & 0xffffff) / 2 ** 24;
      const numbers = Float32Array.from({ length: size }, single);
      const { fround } = Math;
      const fill = (from) => {
        for (let i = from; i < from + 8; i++) {
          const radius = fround(Math.sqrt(-2 * fround(Math.log(1 - numbers[i]))));
          const angle = fround(fround(2 * Math.PI) * numbers[i + 8]);
          numbers[i] = radius * fround(Math.cos(angle));
          numbers[i + 8] = radius * fround(Math.sin(angle));
        }
      };
      for (let from = 0; from + 16 <= size; from += 16) fill(from);
      if (size % 16) {
        for (let i = size - 16; i < size; i++) numbers[i] = single();
        fill(size - 16);
      }
      return numbers;
    }
  }

  /* 5 σ(u · v + b_u + b_v), as EmbeddingFactorization of lecture_utils, and Adam as torch has it. */
  class Factorization {
    constructor(numRows, numColumns, rank, seed) {
      const generator = new Generator(seed);
      const sizes = [numRows * rank, numRows, numColumns * rank, numColumns];
      const drawn = sizes.map((size) => [...generator.normals(size)]);
      this.rank = rank;
      const [a, b, c] = sizes;
      this.starts = [0, a, a + b, a + b + c];
      this.parameters = Float64Array.from(drawn.flat());
      this.mean = new Float64Array(this.parameters.length); // of the gradients, and of their squares
      this.square = new Float64Array(this.parameters.length);
      this.epoch = 0;
    }

    predict(row, column) {
      const { parameters: p, rank, starts } = this;
      let score = p[starts[1] + row] + p[starts[3] + column];
      for (let k = 0; k < rank; k++)
        score += p[starts[0] + row * rank + k] * p[starts[2] + column * rank + k];
      return 5 / (1 + Math.exp(-score));
    }

    /* The factors of a row or, with `side` 2, of a column. */
    factors(side, at) {
      const from = this.starts[side] + at * this.rank;
      return this.parameters.subarray(from, from + this.rank);
    }

    /* One step on all cells [row, column, rating]. The loss is their mean squared error, and `l2`
       times the sum of the squares of all factors. */
    step(cells, lr, l2) {
      this.epoch += 1;
      const gradient = this.differentiate(cells, l2);
      const { parameters, mean, square, epoch } = this;
      const [rate, root] = [lr / (1 - 0.9 ** epoch), Math.sqrt(1 - 0.999 ** epoch)];
      gradient.forEach((slope, i) => {
        mean[i] += 0.1 * (slope - mean[i]);
        square[i] += 0.001 * (slope * slope - square[i]);
        parameters[i] -= (rate * mean[i]) / (Math.sqrt(square[i]) / root + 1e-8);
      });
    }

    differentiate(cells, l2) {
      const { parameters: p, rank, starts } = this;
      const gradient = new Float64Array(p.length);
      for (const side of [0, 2])
        for (let i = starts[side]; i < starts[side + 1]; i++) gradient[i] = 2 * l2 * p[i];
      for (const [row, column, rating] of cells) {
        const predicted = this.predict(row, column);
        // d(loss)/d(score); the sigmoid's slope is its value times what it lacks to 1
        const slope = (2 / cells.length) * (predicted - rating) * predicted * (1 - predicted / 5);
        gradient[starts[1] + row] += slope;
        gradient[starts[3] + column] += slope;
        for (let k = 0; k < rank; k++) {
          const [u, v] = [starts[0] + row * rank + k, starts[2] + column * rank + k];
          gradient[u] += slope * p[v];
          gradient[v] += slope * p[u];
        }
      }
      return gradient;
    }

    /* The root of the mean squared error on some cells; NaN where there is none. */
    rmse(cells) {
      return measureRmse(cells.map(([row, column, rating]) => this.predict(row, column) - rating));
    }
  }

  /* The error on the blanks of who always says the mean of the known cells. */
  function scoreMean(known, blanks) {
    const mean = known.reduce((sum, [, , rating]) => sum + rating, 0) / known.length;
    return measureRmse(blanks.map(([, , rating]) => mean - rating));
  }

  function measureRmse(differences) {
    const squares = differences.reduce((sum, difference) => sum + difference ** 2, 0);
    return Math.sqrt(squares / differences.length);
  }

  window.playground = { ...window.playground, Factorization, scoreMean };
}
