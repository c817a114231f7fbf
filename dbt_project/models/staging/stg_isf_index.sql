{{ stage('isf_index') }}
