// Package policies asks the admission plugins of kube-apiserver itself what the policies of an installation say.
//
// hack/test-policies.sh writes the policies and the schema of Applications into the folders POLICIES and OPENAPI.
package policies

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/admissionregistration/v1"
	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/initializer"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/apiserver/pkg/cel/environment"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/discovery"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/openapi"
	"k8s.io/client-go/openapi/openapitest"
	"k8s.io/component-base/compatibility"
)

const (
	system   = "vela-system"
	shardKey = "controller.core.oam.dev/scheduled-shard-id"
	fenceKey = "controller.core.oam.dev/shard-fence"
	moveKey  = "controller.core.oam.dev/shard-move"
	slots    = 1021
)

// client answers with the schemas of a folder where it is asked for those of the cluster.
type client struct {
	*fake.Clientset
	schemas openapi.Client
}

type schemas struct {
	discovery.DiscoveryInterfaces
	schemas openapi.Client
}

func (c client) Discovery() discovery.DiscoveryInterfaces {
	return schemas{c.Clientset.Discovery(), c.schemas}
}
func (s schemas) OpenAPIV3() openapi.Client { return s.schemas }

var _ kubernetes.Interface = client{}

func items[T any](t *testing.T, kind string) []T {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(os.Getenv("POLICIES"), kind+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Items []T }
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// server is the part of kube-apiserver that asks policies.
type server struct {
	validate *validating.Plugin
	mutate   *mutating.Plugin
	objects  admission.ObjectInterfaces
}

func start(t *testing.T, params ...runtime.Object) server {
	t.Helper()
	var stored []runtime.Object
	for _, namespace := range []string{system, "default", "bound"} {
		object := &core.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
		if namespace == "bound" {
			object.Labels = map[string]string{"controller.core.oam.dev/shard-partition": "eu"}
		}
		stored = append(stored, object)
	}
	for _, policy := range items[v1.ValidatingAdmissionPolicy](t, "validatingadmissionpolicies") {
		stored = append(stored, &policy)
	}
	for _, binding := range items[v1.ValidatingAdmissionPolicyBinding](t, "validatingadmissionpolicybindings") {
		stored = append(stored, &binding)
	}
	for _, policy := range items[v1.MutatingAdmissionPolicy](t, "mutatingadmissionpolicies") {
		stored = append(stored, &policy)
	}
	for _, binding := range items[v1.MutatingAdmissionPolicyBinding](t, "mutatingadmissionpolicybindings") {
		stored = append(stored, &binding)
	}
	cluster := client{fake.NewClientset(append(stored, params...)...), openapitest.NewFileClient(os.Getenv("OPENAPI"))}
	scheme := runtime.NewScheme()
	if err := fake.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{{Version: "v1"}, {Group: "coordination.k8s.io", Version: "v1"}})
	mapper.Add(core.SchemeGroupVersion.WithKind("ConfigMap"), meta.RESTScopeNamespace)
	mapper.Add(coordination.SchemeGroupVersion.WithKind("Lease"), meta.RESTScopeNamespace)
	factory := informers.NewSharedInformerFactory(cluster, 0)
	initialize := initializer.New(cluster, dynamicfake.NewSimpleDynamicClient(scheme), factory, authorizerfactory.NewAlwaysDenyAuthorizer(),
		utilfeature.DefaultFeatureGate, compatibility.NewEffectiveVersionFromString("1.36", "1.36", "1.36"), t.Context().Done(), mapper)
	validate, err := validating.NewPlugin(nil)
	if err != nil {
		t.Fatal(err)
	}
	mutate, err := mutating.NewPlugin(nil)
	if err != nil {
		t.Fatal(err)
	}
	initialize.Initialize(validate)
	initialize.Initialize(mutate)
	for _, plugin := range []admission.InitializationValidator{validate, mutate} {
		if err := plugin.ValidateInitialization(); err != nil {
			t.Fatal(err)
		}
	}
	factory.Start(t.Context().Done())
	factory.WaitForCacheSync(t.Context().Done())
	started := server{validate, mutate, admission.NewObjectInterfacesFromScheme(scheme)}
	deadline := time.Now().Add(30 * time.Second)
	for !validate.WaitForReady() || !mutate.WaitForReady() {
		if time.Now().After(deadline) {
			t.Fatal("the plugins are not ready")
		}
	}
	return started
}

// request is one write, as the API server sees it after authorization.
type request struct {
	resource    string
	subresource string
	operation   admission.Operation
	manager     string
	pod         string
	user        string
	object, old *unstructured.Unstructured
}

func (r request) attributes() admission.Attributes {
	group, version, kind := "core.oam.dev", "v1beta1", map[string]string{
		"applications": "Application", "resourcetrackers": "ResourceTracker", "configmaps": "ConfigMap",
	}[r.resource]
	if r.resource == "configmaps" {
		group, version = "", "v1"
	}
	about := r.object
	if about == nil {
		about = r.old
	}
	var options runtime.Object
	switch r.operation {
	case admission.Create:
		options = &metav1.CreateOptions{FieldManager: r.manager}
	case admission.Update:
		options = &metav1.UpdateOptions{FieldManager: r.manager}
	default:
		options = &metav1.DeleteOptions{}
	}
	name := r.user
	if name == "" {
		name = "system:serviceaccount:" + system + ":kubevela-vela-core"
	}
	extra := map[string][]string{}
	if r.pod != "" {
		extra["authentication.kubernetes.io/pod-name"] = []string{r.pod}
	}
	var object, old runtime.Object
	if r.object != nil {
		object = r.object.DeepCopy()
	}
	if r.old != nil {
		old = r.old.DeepCopy()
	}
	return admission.NewAttributesRecord(object, old, schema.GroupVersionKind{Group: group, Version: version, Kind: kind},
		about.GetNamespace(), about.GetName(), schema.GroupVersionResource{Group: group, Version: version, Resource: r.resource},
		r.subresource, r.operation, options, false, &user.DefaultInfo{Name: name, Extra: extra})
}

type change func(*unstructured.Unstructured)

func object(kind, name string, changes ...change) *unstructured.Unstructured {
	version := "core.oam.dev/v1beta1"
	if kind == "ConfigMap" {
		version = "v1"
	}
	made := &unstructured.Unstructured{Object: map[string]any{"apiVersion": version, "kind": kind}}
	made.SetName(name)
	if kind != "ResourceTracker" {
		made.SetNamespace("default")
	}
	if kind == "Application" {
		made.Object["spec"] = map[string]any{"components": []any{}}
	}
	for _, apply := range changes {
		apply(made)
	}
	return made
}

func label(key, value string) change {
	return func(o *unstructured.Unstructured) {
		labels := o.GetLabels()
		if labels == nil {
			labels = map[string]string{}
		}
		labels[key] = value
		o.SetLabels(labels)
	}
}

func note(key, value string) change {
	return func(o *unstructured.Unstructured) {
		notes := o.GetAnnotations()
		if notes == nil {
			notes = map[string]string{}
		}
		notes[key] = value
		o.SetAnnotations(notes)
	}
}

func status(fence string) change {
	return func(o *unstructured.Unstructured) { o.Object["status"] = map[string]any{"shardFence": fence} }
}

func of(namespace string) change {
	return func(o *unstructured.Unstructured) { o.SetNamespace(namespace) }
}

func lease(name, shard, holder string) *coordination.Lease {
	made := &coordination.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: name}}
	made.Labels = map[string]string{"controller.core.oam.dev/shard-id": shard}
	if holder != "" {
		made.Spec.HolderIdentity = &holder
	}
	return made
}

func TestFences(t *testing.T) {
	own := label(shardKey, "shard-0")
	delivered := []change{label("app.oam.dev/name", "app"), label("app.oam.dev/namespace", "default")}
	settings := func(fence string) *unstructured.Unstructured {
		return object("ConfigMap", "settings", append(delivered, note(fenceKey, fence))...)
	}
	given := note(moveKey, `{"id":"m","from":"shard-0","to":"shard-1","quiesced":"acknowledged"}`)
	asked := note(moveKey, `{"id":"m","from":"shard-0","to":"shard-1","quiesced":"no"}`)
	app := object("Application", "app", own)
	tracker := object("ResourceTracker", "app-v1", own)

	running := start(t,
		lease("vela-core-shard-0", "shard-0", "pod-a_1"),
		lease("vela-core-master", "master", "pod-m_1"),
		lease("vela-core-shard-2", "shard-2", ""),
	)
	for _, c := range []struct {
		name    string
		request request
		refused string
	}{
		{"the holder writes", request{resource: "applications", operation: admission.Update, pod: "pod-a", object: app, old: app}, ""},
		{"the holder writes a status", request{resource: "applications", subresource: "status", operation: admission.Update, pod: "pod-a", object: app, old: app}, ""},
		{"another pod writes", request{resource: "applications", operation: admission.Update, pod: "pod-b", object: app, old: app}, `shard fence (lease): applications "default/app" is for the holder of lease vela-core-shard-0 of shard shard-0, which is "pod-a_1" and not pod pod-b`},
		{"another pod writes a status", request{resource: "applications", subresource: "status", operation: admission.Update, pod: "pod-b", object: app, old: app}, "shard fence (lease)"},
		{"a pod whose name begins alike", request{resource: "applications", operation: admission.Update, pod: "pod", object: app, old: app}, "shard fence (lease)"},
		{"another pod deletes", request{resource: "resourcetrackers", operation: admission.Delete, pod: "pod-b", old: tracker}, `shard fence (lease): resourcetrackers "app-v1"`},
		{"the holder creates a tracker", request{resource: "resourcetrackers", operation: admission.Create, pod: "pod-a", object: tracker}, ""},
		{"another creates a tracker", request{resource: "resourcetrackers", operation: admission.Create, pod: "pod-b", object: tracker}, "shard fence (lease)"},
		{"nobody holds the lease", request{resource: "applications", operation: admission.Update, pod: "pod-a", object: object("Application", "app", label(shardKey, "shard-2")), old: object("Application", "app", label(shardKey, "shard-2"))}, "shard fence (lease)"},
		{"there is no lease", request{resource: "applications", operation: admission.Update, pod: "pod-a", object: object("Application", "app", label(shardKey, "shard-9")), old: object("Application", "app", label(shardKey, "shard-9"))}, ""},
		{"the master's holder divides the work", request{resource: "applications", operation: admission.Update, manager: "vela-shard", pod: "pod-m", object: app, old: app}, ""},
		{"a slave divides the work", request{resource: "applications", operation: admission.Update, manager: "vela-shard", pod: "pod-a", object: app, old: app}, "of shard master"},
		{"people may", request{resource: "applications", operation: admission.Update, user: "alice", object: app, old: app}, ""},
		{"an Application that another delivers", request{resource: "applications", operation: admission.Update, pod: "pod-b", object: object("Application", "app", append(delivered, own)...), old: object("Application", "app", append(delivered, own)...)}, ""},
		{"the same fence again", request{resource: "applications", operation: admission.Update, pod: "pod-a", object: object("Application", "app", own, note(fenceKey, "2.5")), old: object("Application", "app", own, note(fenceKey, "2.5"))}, ""},
		{"an older lease", request{resource: "applications", operation: admission.Update, pod: "pod-a", object: object("Application", "app", own, note(fenceKey, "2.5")), old: object("Application", "app", own, note(fenceKey, "2.10"))}, "shard fence (family): applications \"default/app\" of shard shard-0 carries 2.10, which is newer than 2.5 of pod pod-a"},
		{"an older family", request{resource: "resourcetrackers", operation: admission.Update, pod: "pod-a", object: object("ResourceTracker", "app-v1", own, note(fenceKey, "1.9")), old: object("ResourceTracker", "app-v1", own, note(fenceKey, "2.0"))}, "shard fence (family)"},
		{"an older status", request{resource: "applications", subresource: "status", operation: admission.Update, pod: "pod-a", object: object("Application", "app", own, status("1.0")), old: object("Application", "app", own, status("1.1"))}, "shard fence (family)"},
		{"a newer status", request{resource: "applications", subresource: "status", operation: admission.Update, pod: "pod-a", object: object("Application", "app", own, status("1.2")), old: object("Application", "app", own, status("1.1"))}, ""},
		{"a fence that is none", request{resource: "applications", operation: admission.Update, pod: "pod-a", object: object("Application", "app", own, note(fenceKey, "1.0")), old: object("Application", "app", own, note(fenceKey, "99999999999999999999.1"))}, ""},
		{"it was given up", request{resource: "applications", subresource: "status", operation: admission.Update, pod: "pod-a", object: object("Application", "app", own, given), old: object("Application", "app", own, given)}, "shard fence (move): applications \"default/app\" was given up by shard shard-0"},
		{"it is asked for", request{resource: "applications", subresource: "status", operation: admission.Update, pod: "pod-a", object: object("Application", "app", own, asked), old: object("Application", "app", own, asked)}, ""},
		{"the mover moves what was given up", request{resource: "applications", operation: admission.Update, manager: "vela-shard", pod: "pod-m", object: object("Application", "app", label(shardKey, "shard-1")), old: object("Application", "app", own, given)}, ""},
		{"a delivered object with a newer fence", request{resource: "configmaps", operation: admission.Update, pod: "pod-a", object: settings("1.2"), old: settings("1.1")}, ""},
		{"a delivered object with an older fence", request{resource: "configmaps", operation: admission.Update, pod: "pod-a", object: settings("1.1"), old: settings("1.2")}, `shard fence (delivered): configmaps "default/settings" of application default/app carries 1.2, which is newer than 1.1 of pod pod-a`},
		{"a delivered object that people edit", request{resource: "configmaps", operation: admission.Update, user: "alice", object: settings("1.1"), old: settings("1.2")}, ""},
		{"an object of another Application before", request{resource: "configmaps", operation: admission.Update, pod: "pod-a", object: settings("1.1"), old: object("ConfigMap", "settings", label("app.oam.dev/name", "other"), label("app.oam.dev/namespace", "default"), note(fenceKey, "1.2"))}, ""},
		{"an object without a fence", request{resource: "configmaps", operation: admission.Update, pod: "pod-a", object: settings("1.1"), old: object("ConfigMap", "settings", delivered...)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := running.validate.Validate(t.Context(), c.request.attributes(), running.objects)
			switch {
			case c.refused == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)):
				t.Errorf("not refused with %q: %v", c.refused, err)
			}
		})
	}
}

// slotOf is pkg/scheduling/slots.ts once more.
func slotOf(key string) int {
	sum := 0
	for i := 0; i < len(key) && i < 128; i++ {
		sum += (strings.IndexByte("-./0123456789abcdefghijklmnopqrstuvwxyz", key[i]) + 2) * ((i+1)*(i+1)*131 + 7*i + 13)
	}
	return sum % slots
}

// table gives every shard in turn a slot.
func table(shards int) *core.ConfigMap {
	made := &core.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: "vela-shard-slots"}, Data: map[string]string{}}
	for i := range shards {
		made.Data[fmt.Sprintf("s%02d", i)] = fmt.Sprintf("shard-%d", i)
	}
	for i := range slots {
		made.Data["slots"] += fmt.Sprintf("%02d", i%shards)
	}
	return made
}

func TestAssignment(t *testing.T) {
	running := start(t, table(7))
	admit := func(t *testing.T, r request) *unstructured.Unstructured {
		t.Helper()
		attributes := r.attributes()
		if err := running.mutate.Admit(t.Context(), attributes, running.objects); err != nil {
			t.Fatal(err)
		}
		return attributes.GetObject().(*unstructured.Unstructured)
	}
	// the schemas are fetched in the background
	deadline := time.Now().Add(60 * time.Second)
	for admit(t, request{resource: "applications", operation: admission.Create, user: "alice", object: object("Application", "first")}).GetLabels()[shardKey] == "" {
		if time.Now().After(deadline) {
			t.Fatal("nothing is assigned")
		}
		time.Sleep(100 * time.Millisecond)
	}
	names := []string{"a", "app-1", "app-2", "a.b.c", strings.Repeat("x", 63), strings.Repeat("long-name.", 25) + "end"}
	for _, name := range names {
		t.Run("by the slot of "+name, func(t *testing.T) {
			created := admit(t, request{resource: "applications", operation: admission.Create, user: "alice", object: object("Application", name, label("team", "a"))})
			want := fmt.Sprintf("shard-%d", slotOf("default/"+name)%7)
			if created.GetLabels()[shardKey] != want || created.GetLabels()["team"] != "a" {
				t.Errorf("labels %v, want shard %s", created.GetLabels(), want)
			}
		})
	}
	assigned := object("Application", "app", label(shardKey, "shard-6"))
	for _, c := range []struct {
		name        string
		object, old *unstructured.Unstructured
		want        string
	}{
		{"what has a shard keeps it", assigned, nil, "shard-6"},
		{"a label that was taken away comes back", object("Application", "app"), assigned, "shard-6"},
		{"a label that was emptied comes back", object("Application", "app", label(shardKey, "")), assigned, "shard-6"},
		{"a partition of its own is for others", object("Application", "app", label("controller.core.oam.dev/shard-partition", "eu")), nil, ""},
		{"a partition of its namespace is for others", object("Application", "app", of("bound")), nil, ""},
		{"an affinity is for others", object("Application", "app", note("controller.core.oam.dev/shard-affinity", "x")), nil, ""},
		{"a serial group is for others", object("Application", "app", note("controller.core.oam.dev/serial-group", "x")), nil, ""},
		{"a selector is for others", object("Application", "app", note("controller.core.oam.dev/shard-selector", "a=b")), nil, ""},
		{"one that an Application delivers is for others", object("Application", "app", label("app.oam.dev/name", "parent")), nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			operation := admission.Create
			if c.old != nil {
				operation = admission.Update
			}
			got := admit(t, request{resource: "applications", operation: operation, user: "alice", object: c.object, old: c.old})
			if got.GetLabels()[shardKey] != c.want {
				t.Errorf("shard %q, want %q", got.GetLabels()[shardKey], c.want)
			}
		})
	}
}

func TestNothingIsAssignedWithoutATable(t *testing.T) {
	for _, params := range [][]runtime.Object{{}, {&core.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: "vela-shard-slots"}, Data: map[string]string{"slots": ""}}}} {
		running := start(t, params...)
		attributes := request{resource: "applications", operation: admission.Create, user: "alice", object: object("Application", "app")}.attributes()
		if err := running.mutate.Admit(t.Context(), attributes, running.objects); err != nil {
			t.Error(err)
		}
		if got := attributes.GetObject().(*unstructured.Unstructured).GetLabels()[shardKey]; got != "" {
			t.Errorf("assigned to %s", got)
		}
	}
}

func TestWebhooksAreNotAskedAboutTheFleetsOwnNotes(t *testing.T) {
	compiler := cel.NewConditionCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	var hooks []webhook.WebhookAccessor
	for _, configuration := range items[v1.MutatingWebhookConfiguration](t, "mutatingwebhookconfigurations") {
		for _, hook := range configuration.Webhooks {
			hooks = append(hooks, webhook.NewMutatingWebhookAccessor(hook.Name, configuration.Name, &hook))
		}
	}
	for _, configuration := range items[v1.ValidatingWebhookConfiguration](t, "validatingwebhookconfigurations") {
		for _, hook := range configuration.Webhooks {
			hooks = append(hooks, webhook.NewValidatingWebhookAccessor(hook.Name, configuration.Name, &hook))
		}
	}
	app := object("Application", "app")
	noted := object("Application", "app", note("a", "b"))
	changed := object("Application", "app", func(o *unstructured.Unstructured) { o.Object["spec"] = map[string]any{} })
	asked := 0
	for _, hook := range hooks {
		if !strings.HasSuffix(hook.GetName(), ".applications") {
			continue
		}
		asked++
		for _, c := range []struct {
			name    string
			request request
			want    bool
		}{
			{"the fleet notes something", request{resource: "applications", operation: admission.Update, object: noted, old: app}, false},
			{"the fleet changes the spec", request{resource: "applications", operation: admission.Update, object: changed, old: app}, true},
			{"the fleet delivers one", request{resource: "applications", operation: admission.Create, object: app}, true},
			{"people note something", request{resource: "applications", operation: admission.Update, user: "alice", object: noted, old: app}, true},
		} {
			t.Run(hook.GetName()+": "+c.name, func(t *testing.T) {
				attributes := c.request.attributes()
				versioned, err := admission.NewVersionedAttributes(attributes, attributes.GetKind(), admission.NewObjectInterfacesFromScheme(runtime.NewScheme()))
				if err != nil {
					t.Fatal(err)
				}
				result := hook.GetCompiledMatcher(compiler).Match(t.Context(), versioned, nil, authorizerfactory.NewAlwaysDenyAuthorizer())
				if result.Error != nil || result.Matches != c.want {
					t.Errorf("asked: %v, error: %v", result.Matches, result.Error)
				}
			})
		}
	}
	if asked != 2 {
		t.Errorf("%d webhooks of Applications", asked)
	}
}
