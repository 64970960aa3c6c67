// What `make lighthouse` looks at and asks for, on a phone or, with DEVICE=desktop, on a laptop.
// The floors of performance are loose, for a machine that does other things too.
const laptop = process.env.DEVICE === "desktop";
const least = (minScore) => ["error", { minScore, aggregationMethod: "median" }];
const most = (maxNumericValue) => ["error", { maxNumericValue, aggregationMethod: "median" }];

module.exports = {
  ci: {
    collect: {
      staticDistDir: "html",
      url: ["lectures/03_neural_recommender.html", "book/getting_started.html"], // heaviest, text
      settings: {
        chromeFlags: "--headless=new --no-sandbox --disable-gpu --disable-background-networking",
        ...(laptop ? { preset: "desktop" } : {}),
      },
    },
    assert: {
      assertMatrix: [
        { matchingUrlPattern: "/lectures/", assertions: { "categories:performance": least(laptop ? 0.9 : 0.7) } },
        { matchingUrlPattern: "/book/", assertions: { "categories:performance": least(laptop ? 0.9 : 0.85) } },
        {
          matchingUrlPattern: ".*",
          assertions: {
            "categories:accessibility": least(1),
            "categories:best-practices": least(1),
            "categories:seo": least(1),
            "largest-contentful-paint": most(3000),
            "cumulative-layout-shift": most(0.1),
          },
        },
      ],
    },
    upload: { target: "filesystem", outputDir: "lighthouse" },
  },
};
