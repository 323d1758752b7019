//! The exercises of lesson 15: select! drops the loser, with what it had read.
