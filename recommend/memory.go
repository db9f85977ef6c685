package recommend

import (
	"sync"
	"sync/atomic"

	"vitrine.dev/ranking"
)

// A Memory is what was learned from readers' actions beside what documents
// count: the weights of every surface, and of products how they do in lists and
// with one another. A [Learner] changes it, [Windows] read it. It is safe for
// concurrent use.
type Memory struct {
	mu       sync.RWMutex
	products index // keys
	topics   index // ids
	lists    ranking.Lists
	rates    ranking.Rates
	pairs    ranking.Pairs
	together ranking.Together
	ridge    *ranking.Neighbours
	weights  [surfaces]*ranking.Guard
	models   [surfaces]*ranking.Linear // learned here; nil for one to be made again
	served   [surfaces]ranking.Model   // instead, where it is not nil
	factors  RankingFactors            // of the prior
	shared   sharedUpTo
	found    [surfaces]ranking.Verdict // of the guard, the last
	backs    [surfaces]int64           // times that it took weights back
	turns    [surfaces]atomic.Uint64   // times that weights changed by more than a step of learning
	turned   [surfaces]ranking.Model   // when they last did
}

// NewMemory returns a memory that serves the weights that surfaces start with
// under a policy.
func NewMemory(policy *Policy) *Memory {
	m := &Memory{ridge: new(ranking.Neighbours), factors: policy.Factors}
	for _, s := range Surfaces() {
		m.weights[s] = ranking.NewGuard(ranking.NewSoftmax(priors(s, &policy.Factors), pace(s)), guardRule())
	}
	return m
}

// item is the number of a product, -1 when nothing is known of it.
func (m *Memory) item(key string) int32 {
	if n, ok := m.products.find(key); ok {
		return n
	}
	return -1
}

// topic is the number of a topic, -1 when nothing is known of it.
func (m *Memory) topic(id string) int32 {
	if n, ok := m.topics.find(id); ok {
		return n
	}
	return -1
}

// model is what a surface scores by now, nil for the prior of the policy.
func (m *Memory) model(s Surface) ranking.Model {
	m.mu.RLock()
	model, served := m.models[s], m.served[s]
	m.mu.RUnlock()
	if served != nil {
		return served
	}
	if model != nil {
		return *model
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.weights[s].Softmax().Lists() == 0 {
		return nil
	}
	if m.models[s] == nil {
		l := m.weights[s].Linear()
		m.models[s] = &l
	}
	return *m.models[s]
}

// turn counts the times that what a surface is scored by changed by more than a
// step of learning.
func (m *Memory) turn(s Surface) uint64 { return m.turns[s].Load() }

// learn takes an example of a choice in. What the guard of the weights did is
// told.
func (m *Memory) learn(s Surface, e ranking.Example) ranking.Verdict {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.models[s] = nil
	v := m.weights[s].Take(e)
	if v.Change != ranking.Nothing {
		m.found[s] = v
	}
	if v.Change == ranking.Back {
		m.backs[s]++
		m.turns[s].Add(1)
	}
	return v
}

// guardRule lets one example of twenty be, and weighs the weights on those.
func guardRule() ranking.Rule {
	rule := ranking.DefaultRule()
	rule.HoldOut, rule.Period = 20, 100
	return rule
}

// Lists is how many examples a surface has learned from.
func (m *Memory) Lists(s Surface) int64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.weights[s].Softmax().Lists()
}
