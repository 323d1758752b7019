// Small comforts. Each page is complete without them.
'use strict';

(function ladders() {
    const words = document.documentElement.lang === 'ko'
        ? { back: '이전', next: '다음', all: '모두 보기', step: (now, count) => `${count}단계 중 ${now}단계` }
        : { back: 'Back', next: 'Next', all: 'Show all', step: (now, count) => `Step ${now} of ${count}` };

    for (const figure of document.querySelectorAll('figure.ladder')) {
        const steps = Array.from(figure.querySelectorAll('g.step'));
        const button = (text, change) => {
            const element = document.createElement('button');
            element.type = 'button';
            element.textContent = text;
            element.addEventListener('click', change);
            return element;
        };
        // 0 shows the whole picture; n shows its first n steps.
        let now = 0;
        const show = (step) => {
            now = Math.max(0, Math.min(step, steps.length));
            steps.forEach((element, index) => element.classList.toggle('later', now > 0 && index >= now));
            back.disabled = now <= 1;
            next.disabled = now === steps.length;
            all.hidden = now === 0;
            state.textContent = now === 0 ? '' : words.step(now, steps.length);
        };
        const back = button(words.back, () => show(now - 1));
        const next = button(words.next, () => show(now + 1));
        const all = button(words.all, () => {
            show(0);
            next.focus();
        });
        const state = document.createElement('span');
        state.setAttribute('role', 'status');
        const bar = document.createElement('div');
        bar.className = 'ladder-steps';
        bar.append(back, next, all, state);
        figure.querySelector('figcaption').before(bar);
        show(0);
        // The arrow keys scroll a wide ladder; without this they would turn the page.
        figure.addEventListener('keydown', (event) => {
            if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
                event.stopPropagation();
            }
        });
    }
})();

(function contentsToggle() {
    // mdBook opens and closes the contents by a hidden check box.
    const box = document.getElementById('mdbook-sidebar-toggle-anchor');
    document.getElementById('mdbook-sidebar-toggle').addEventListener('click', () => box.click());
})();

(function wideBoxes() {
    // Code or a table that is too wide scrolls; a keyboard must reach it for that.
    const reach = () => {
        for (const box of document.querySelectorAll('pre > code, .table-wrapper')) {
            if (box.scrollWidth > box.clientWidth) {
                box.tabIndex = 0;
            } else {
                box.removeAttribute('tabindex');
            }
        }
    };
    reach();
    window.addEventListener('resize', reach);
})();

(function languageSwitch() {
    // Both languages give their sections the same ids: stay where you are.
    const link = document.querySelector('a.language[hreflang]');
    link.addEventListener('click', () => {
        link.hash = location.hash;
    });
})();
