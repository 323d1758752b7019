// mdBook's search drops every word that is not ASCII, so Korean finds nothing. Its index holds the full text of each
// section, though: here a section is found when it contains every word of the query, anywhere, even inside a word
// (소켓 finds 소켓을). Titles count more than text.
'use strict';

elasticlunr.Index.load = function (index) {
    const plain = (text) => text.normalize('NFC').toLowerCase();
    const sections = Object.entries(index.documentStore.docs).map(([ref, doc]) => {
        return { ref, doc, title: plain(doc.title), text: plain(doc.breadcrumbs + ' ' + doc.body) };
    });
    const score = (section, words) => {
        let sum = 0;
        for (const word of words) {
            const found = section.text.split(word).length - 1;
            if (found === 0 && !section.title.includes(word)) {
                return 0;
            }
            sum += found + (section.title.includes(word) ? 20 : 0);
        }
        return sum;
    };
    return {
        search(query) {
            const words = plain(query).split(/\s+/).filter((word) => word !== '');
            return sections
                .map((section) => ({ ref: section.ref, doc: section.doc, score: words.length && score(section, words) }))
                .filter((result) => result.score > 0)
                .sort((one, other) => other.score - one.score);
        },
    };
};
