Documentation.addTranslations({
  "locale": "ko",
  "plural_expr": "0",
  "messages": {
    "Hide Search Matches": "찾은 말 표시 지우기",
    "Preparing search...": "찾을 준비를 하는 중…",
    "Search Results": "검색 결과",
    "Search finished, found ${resultCount} page(s) matching the search query.": "${resultCount}곳에서 찾았습니다.",
    "Searching": "찾는 중",
    "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories.": "이 책에는 없는 말입니다. 철자를 확인하거나 더 짧은 낱말로 찾아 보세요."
  }
});
